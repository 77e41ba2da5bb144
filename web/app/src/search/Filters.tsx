import type { Account } from '@madang/client'
import { useStore } from '@nanostores/react'
import { ChevronDown } from 'lucide-react'
import { useEffect, type ReactNode } from 'react'
import { useMadang } from '../app/context.ts'
import { Button, Icon, Menu, type MenuItem } from '../components/index.ts'
import { t } from '../i18n/index.ts'
import { kindsOfHas, kindsOfWhen, type SearchState } from './query.ts'

const mostListed = 50

export interface FilterProps {
  state: SearchState
  onChange: (changes: Partial<SearchState>) => void
}

/** In which conversation, from whom, when, and with what. */
export function Filters({ state, onChange }: FilterProps) {
  return (
    <div className="filters" role="group" aria-label={t('search.filters')}>
      <PlaceFilter state={state} onChange={onChange} />
      <PersonFilter state={state} onChange={onChange} />
      <Filter
        label={t('search.when')}
        value={t(state.when ? `search.when.${state.when}` : 'search.when.any')}
        chosen={state.when !== undefined}
        items={[undefined, ...kindsOfWhen].map((when) => ({
          key: when ?? 'any',
          label: t(when ? `search.when.${when}` : 'search.when.any'),
          checked: state.when === when,
          onSelect: () => onChange({ when, first: undefined, last: undefined }),
        }))}
      />
      <Filter
        label={t('search.has')}
        value={t(state.has ? `search.has.${state.has}` : 'search.has.any')}
        chosen={state.has !== undefined}
        items={[undefined, ...kindsOfHas].map((has) => ({
          key: has ?? 'any',
          label: t(has ? `search.has.${has}` : 'search.has.any'),
          checked: state.has === has,
          onSelect: () => onChange({ has }),
        }))}
      />
      {state.when === 'days' && (
        <span className="days">
          <Day label={t('search.first')} value={state.first} onChange={(first) => onChange({ first })} />
          <Day label={t('search.last')} value={state.last} onChange={(last) => onChange({ last })} />
        </span>
      )}
    </div>
  )
}

function PlaceFilter({ state, onChange }: FilterProps) {
  const conversations = useStore(useMadang().conversations)
  const chosen = conversations.find((one) => one.id === state.place)
  const name = (one: (typeof conversations)[number]) => one.with?.display_name ?? one.title
  const listed = conversations.slice(0, mostListed)
  return (
    <Filter
      label={t('search.in')}
      value={chosen ? name(chosen) : t('search.in.any')}
      chosen={state.place !== undefined}
      items={[
        { key: 'any', label: t('search.in.any'), checked: state.place === undefined, onSelect: () => onChange({ place: undefined }) },
        ...(chosen && !listed.includes(chosen) ? [chosen] : []).concat(listed).map((one) => ({
          key: String(one.id),
          label: <bdi>{name(one)}</bdi>,
          checked: one.id === state.place,
          onSelect: () => onChange({ place: one.id }),
        })),
      ]}
    />
  )
}

function PersonFilter({ state, onChange }: FilterProps) {
  const madang = useMadang()
  const me = useStore(madang.me)
  const known = useStore(madang.accounts)
  const members = useStore(madang.membersOf(state.place ?? 0))
  useEffect(() => {
    if (state.place) madang.listMembers(state.place).catch(() => undefined)
  }, [madang, state.place])
  const people: Account[] = (state.place && members ? members.map((member) => member.account) : Object.values(known)).filter((one) => one.id !== me?.id)
  const listed = people.sort((one, other) => one.display_name.localeCompare(other.display_name)).slice(0, mostListed)
  const from = state.from === undefined ? undefined : known[state.from]
  const person = (one: Account): MenuItem => ({
    key: String(one.id),
    label: <bdi>{one.id === me?.id ? t('search.from.you') : one.display_name}</bdi>,
    checked: one.id === state.from,
    onSelect: () => onChange({ from: one.id }),
  })
  return (
    <Filter
      label={t('search.from')}
      value={from ? (from.id === me?.id ? t('search.from.you') : from.display_name) : t('search.from.any')}
      chosen={state.from !== undefined}
      items={[
        { key: 'any', label: t('search.from.any'), checked: state.from === undefined, onSelect: () => onChange({ from: undefined }) },
        ...(me ? [person(me)] : []),
        ...listed.map(person),
      ]}
    />
  )
}

function Filter({ label, value, chosen, items }: { label: string; value: ReactNode; chosen: boolean; items: MenuItem[] }) {
  return (
    <Menu
      label={label}
      align="start"
      items={items}
      trigger={
        <Button small data-chosen={chosen ? '' : undefined}>
          <span className="faint">{label}</span> <bdi className="cut">{value}</bdi>
          <Icon of={ChevronDown} size={16} />
        </Button>
      }
    />
  )
}

function Day({ label, value, onChange }: { label: string; value: string | undefined; onChange: (day: string | undefined) => void }) {
  return (
    <label className="small">
      {label}
      <span className="input">
        <input type="date" value={value ?? ''} onChange={(event) => onChange(event.target.value || undefined)} />
      </span>
    </label>
  )
}
