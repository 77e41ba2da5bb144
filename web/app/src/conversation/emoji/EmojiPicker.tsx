import { useStore } from '@nanostores/react'
import { Search } from 'lucide-react'
import { useEffect, useRef, useState, type KeyboardEvent } from 'react'
import { Icon } from '../../components/index.ts'
import { $language, t } from '../../i18n/index.ts'
import '../../i18n/later.ts'
import { emojiByGroup, emojiName, findEmoji, skinTones, toned, type Emoji } from '../logic/emoji.ts'
import { $emojiChoice, chooseTone } from './recent.ts'
import './emoji.css'

const COLUMNS = 8

/** Search, what was chosen lately, and every emoji by group, as one grid for the keyboard. */
export function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const language = useStore($language)
  const { recent, tone } = useStore($emojiChoice)
  const [query, setQuery] = useState('')
  const [name, setName] = useState('')
  const grid = useRef<HTMLDivElement>(null)
  const field = useRef<HTMLInputElement>(null)
  const [touch] = useState(() => matchMedia('(pointer: coarse)').matches)
  // A dialog gives its focus to the first field it finds, and on a phone that brings up a keyboard over what one came for.
  const [open, setOpen] = useState(!touch)
  useEffect(() => {
    if (touch) requestAnimationFrame(() => setOpen(true))
    else field.current?.focus()
  }, [touch])
  const found = query.trim() === '' ? undefined : findEmoji(query, 64).map((one) => toned(one, tone))
  const groups: { key: string; title: string; signs: string[] }[] = found
    ? [{ key: 'found', title: t('emoji.found', { count: found.length }), signs: found }]
    : [
        ...(recent.length > 0 ? [{ key: 'recent', title: t('emoji.recent'), signs: recent }] : []),
        ...emojiByGroup.map((group) => ({ key: group.key, title: t(`emoji.${group.key}`), signs: group.emoji.map((one: Emoji) => toned(one, tone)) })),
      ]
  const buttons = () => Array.from(grid.current?.querySelectorAll<HTMLElement>('button') ?? [])
  const gridKey = (event: KeyboardEvent) => {
    const all = buttons()
    const at = all.indexOf(document.activeElement as HTMLElement)
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + COLUMNS, ArrowUp: at - COLUMNS, Home: 0, End: all.length - 1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    if (to < 0) event.currentTarget.parentElement?.querySelector('input')?.focus()
    else all[Math.min(all.length - 1, to)]?.focus()
  }
  const fieldKey = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing || event.keyCode === 229) return
    if (event.key === 'ArrowDown') {
      event.preventDefault()
      buttons()[0]?.focus()
    } else if (event.key === 'Enter' && found?.[0]) {
      event.preventDefault()
      onPick(found[0])
    }
  }
  return (
    <div className="emoji-picker">
      <div className="input" data-kind="search">
        <Icon of={Search} size={16} />
        <input ref={field} disabled={!open} value={query} placeholder={t('emoji.search')} aria-label={t('emoji.search')} autoComplete="off" onChange={(event) => setQuery(event.target.value)} onKeyDown={fieldKey} />
      </div>
      <div className="emoji-scroll" role="grid" aria-label={t('emoji.title')} ref={grid} onKeyDown={gridKey}>
        {groups.map((group) => (
          <div key={group.key} role="rowgroup" aria-label={group.title}>
            <div className="label" role="presentation">
              {group.title}
            </div>
            <div className="emoji-row" role="row">
              {group.signs.map((sign, index) => (
                <span key={`${sign}${index}`} role="gridcell">
                  <button type="button" tabIndex={index === 0 ? 0 : -1} aria-label={emojiName(sign, language)} onClick={() => onPick(sign)} onFocus={() => setName(emojiName(sign, language))} onPointerEnter={() => setName(emojiName(sign, language))}>
                    {sign}
                  </button>
                </span>
              ))}
            </div>
          </div>
        ))}
      </div>
      <footer className="emoji-foot">
        <span className="small cut grow">{name}</span>
        <span className="tones" role="group" aria-label={t('emoji.tone')}>
          {skinTones.map((mark, index) => (
            <button key={mark} type="button" aria-pressed={index === tone} aria-label={t('emoji.tone_number', { count: index + 1 })} onClick={() => chooseTone(index)}>
              {`✋${mark}`}
            </button>
          ))}
        </span>
      </footer>
    </div>
  )
}
