import { ChevronDown, Search, X } from 'lucide-react'
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { Button, Empty, Icon, IconButton, Menu, PaneHead, SkeletonRows } from '../components/index.ts'
import { t } from '../i18n/index.ts'
import '../i18n/later.ts'
import { Filters } from './Filters.tsx'
import { Hits } from './Hits.tsx'
import { Names } from './Names.tsx'
import { isFiltered, readAddress, searchPath, type SearchState } from './query.ts'
import { useSearch, type Results } from './useSearch.ts'
import './search.css'

/** Messages, files, people and conversations by what is typed. The address keeps it, so that Back and a link lead here again. */
export default function SearchPage() {
  const [state, setState] = useState(() => readAddress(location.search))
  const [typed, setTyped] = useState(state.query)
  const composing = useRef(false)
  const field = useRef<HTMLInputElement>(null)
  const page = useRef<HTMLDivElement>(null)
  const results = useSearch(state)
  const change = (changes: Partial<SearchState>) => setState((before) => ({ ...before, ...changes }))
  const type = (text: string) => {
    setTyped(text)
    // While an input method composes, half a syllable is nothing to look for.
    if (!composing.current) change({ query: text })
  }
  useEffect(() => {
    history.replaceState(history.state, '', searchPath(state))
  }, [state])
  useEffect(() => field.current?.focus(), [])
  return (
    <div className="search-page" role="search" aria-label={t('search.title')} ref={page} onKeyDown={(event) => moveAmongHits(event, page.current)}>
      <PaneHead backTo="/c">
        <h1 className="for-ears">{t('search.title')}</h1>
        <span className="input" data-kind="search">
          <Icon of={Search} size={16} />
          <input
            ref={field}
            type="text"
            inputMode="search"
            enterKeyHint="search"
            aria-label={t('search.title')}
            placeholder={t('search.hint')}
            maxLength={100}
            value={typed}
            onChange={(event) => type(event.target.value)}
            onCompositionStart={() => {
              composing.current = true
            }}
            onCompositionEnd={(event) => {
              composing.current = false
              type(event.currentTarget.value)
            }}
          />
          {typed && (
            <IconButton
              icon={X}
              label={t('search.clear')}
              onClick={() => {
                type('')
                field.current?.focus()
              }}
            />
          )}
          <kbd className="key" title={t('search.back')}>
            Esc
          </kbd>
        </span>
      </PaneHead>
      <div className="pane-scroll">
        <div className="column found">
          <Filters state={state} onChange={change} />
          <Summary results={results} state={state} onChange={change} />
          {state.query.trim() && !isFiltered(state) && <Names query={state.query} />}
          <Found results={results} state={state} onChange={change} />
        </div>
      </div>
    </div>
  )
}

interface PartProps {
  results: Results
  state: SearchState
  onChange: (changes: Partial<SearchState>) => void
}

/** How many there are, said to everybody, and in which order they stand. */
function Summary({ results, state, onChange }: PartProps) {
  const count = results.hits?.length ?? 0
  const text = results.state === 'done' && count > 0 ? t(results.more ? 'search.count.more' : 'search.count', { count }) : ''
  const orders = [false, true] as const
  return (
    <div className="summary">
      <span className="small grow" role="status">
        {text}
        {results.incomplete && ` ${t('search.incomplete')}`}
      </span>
      {state.query.trim() && count > 0 && (
        <Menu
          label={t('search.order')}
          items={orders.map((best) => ({
            key: String(best),
            label: t(best ? 'search.order.best' : 'search.order.newest'),
            checked: state.best === best,
            onSelect: () => onChange({ best }),
          }))}
          trigger={
            <Button small kind="quiet">
              {t(state.best ? 'search.order.best' : 'search.order.newest')}
              <Icon of={ChevronDown} size={16} />
            </Button>
          }
        />
      )}
    </div>
  )
}

function Found({ results, state, onChange }: PartProps) {
  const { hits } = results
  const [byName, others] = useMemo(() => {
    const isByName = (hit: NonNullable<typeof hits>[number]) => hit.highlights.length === 0 && hit.files.some((one) => one.highlights.length > 0)
    return [hits?.filter(isByName) ?? [], hits?.filter((hit) => !isByName(hit)) ?? []]
  }, [hits])
  if (results.state === 'idle') return <Empty text={t('search.begin')} />
  if (results.state === 'failed') {
    return (
      <Empty text={results.problem}>
        <Button onClick={results.retry}>{t('search.again')}</Button>
      </Empty>
    )
  }
  if (!hits) return <SkeletonRows count={4} />
  if (hits.length === 0 && !results.more) return results.state === 'done' ? <Nothing state={state} onChange={onChange} /> : <SkeletonRows count={4} />
  return (
    <div className="hits" aria-busy={results.state === 'searching'}>
      {byName.length > 0 && (
        <section aria-labelledby="search-files">
          <h2 className="label" id="search-files">
            {t('search.files')}
          </h2>
          <Hits hits={byName} />
        </section>
      )}
      {others.length > 0 && (
        <section aria-labelledby="search-messages">
          <h2 className="label" id="search-messages">
            {t('search.messages')}
          </h2>
          <Hits hits={others} />
        </section>
      )}
      {results.more && (
        <div className="older">
          <Button small onClick={results.loadMore}>
            {t('search.more')}
          </Button>
        </div>
      )}
    </div>
  )
}

function Nothing({ state, onChange }: { state: SearchState; onChange: PartProps['onChange'] }) {
  const text = state.query.trim() ? t('search.none', { query: state.query.trim() }) : t('search.none.filtered')
  const nowhere = { place: undefined, from: undefined, has: undefined, when: undefined, first: undefined, last: undefined }
  return (
    <Empty text={text}>
      {isFiltered(state) && state.query.trim() && (
        <Button
          onClick={(event) => {
            // It goes, and the focus with it.
            event.currentTarget.closest('.search-page')?.querySelector('input')?.focus()
            onChange(nowhere)
          }}
        >
          {t('search.everywhere')}
        </Button>
      )}
    </Empty>
  )
}

/** Arrows go from the field to the hits and among them, / comes back to the field. */
function moveAmongHits(event: KeyboardEvent, page: HTMLElement | null): void {
  if (!page || event.nativeEvent.isComposing || event.keyCode === 229 || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return
  const target = event.target as HTMLElement
  if (target.closest('.popover') || (target instanceof HTMLInputElement && target.type === 'date')) return
  const field = page.querySelector<HTMLInputElement>('input')
  if (event.key === '/' && target !== field) field?.focus()
  else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    const stops = [...page.querySelectorAll<HTMLElement>('.name-line, .hit-link')]
    const at = stops.indexOf(target)
    if (at < 0 && (event.key === 'ArrowUp' || target !== field)) return
    const next = stops[at + (event.key === 'ArrowDown' ? 1 : -1)]
    if (next) next.focus()
    else if (event.key === 'ArrowUp') field?.focus()
  } else return
  event.preventDefault()
}
