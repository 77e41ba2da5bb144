import type { Account } from '@madang/client'
import { X } from 'lucide-react'
import { useId, useRef, useState, type RefObject } from 'react'
import { AccountAvatar, FieldError, Icon, Popover } from '../components/index.ts'
import { t } from '../i18n/index.ts'
import '../i18n/later.ts'
import { PersonLine } from './PersonLine.tsx'
import { useListbox } from './use-listbox.ts'
import { usePeople } from './use-people.ts'
import './people.css'

export interface PeopleFieldProps {
  label: string
  chosen: Account[]
  onChange: (chosen: Account[]) => void
  error?: string | undefined
  inputRef?: RefObject<HTMLInputElement | null>
  /** People not to offer, members already for instance. */
  without?: readonly number[]
}

/** Several people, found by name: chips before the field, suggestions under it. */
export function PeopleField({ label, chosen, onChange, error, inputRef, without = [] }: PeopleFieldProps) {
  const id = useId()
  const box = useRef<HTMLSpanElement>(null)
  const own = useRef<HTMLInputElement>(null)
  const input = inputRef ?? own
  const [query, setQuery] = useState('')
  const [open, setOpen] = useState(false)
  const { people, state } = usePeople(query)
  const offered = people.filter((one) => !without.includes(one.id) && !chosen.some((other) => other.id === one.id)).slice(0, 8)
  const take = (index: number) => {
    const person = offered[index]
    if (!person) return
    onChange([...chosen, person])
    setQuery('')
    listbox.reset()
    input.current?.focus()
    // Out of the way of the next field; typing or an arrow brings it back.
    setOpen(false)
  }
  const listbox = useListbox({ count: open ? offered.length : 0, onTake: take })
  return (
    <div className="field people-field">
      <label htmlFor={id}>{label}</label>
      <span className="input" ref={box} data-state={error ? 'wrong' : undefined} onClick={() => input.current?.focus()}>
        {chosen.map((person) => (
          <span className="person-chip" key={person.id}>
            <AccountAvatar account={person} size={20} />
            <bdi>{person.display_name}</bdi>
            <button type="button" aria-label={t('new.people.remove', { name: person.display_name })} onClick={() => onChange(chosen.filter((one) => one.id !== person.id))}>
              <Icon of={X} size={14} />
            </button>
          </span>
        ))}
        <input
          id={id}
          ref={input}
          autoFocus
          value={query}
          placeholder={chosen.length === 0 ? t('people.find.hint') : undefined}
          aria-invalid={error ? true : undefined}
          aria-describedby={error ? `${id}-error` : undefined}
          onFocus={() => setOpen(chosen.length === 0)}
          onClick={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onChange={(event) => {
            setQuery(event.target.value)
            setOpen(true)
            listbox.reset()
          }}
          {...listbox.field}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown' && !open) setOpen(true)
            else if (event.key === 'Backspace' && query === '' && !event.nativeEvent.isComposing) onChange(chosen.slice(0, -1))
            else listbox.field.onKeyDown(event)
          }}
        />
      </span>
      {error && <FieldError id={`${id}-error`}>{error}</FieldError>}
      {open && (offered.length > 0 || (state === 'done' && query !== '')) && (
        <Popover anchor={box} onClose={() => setOpen(false)} align="stretch">
          <ul className="menu options" aria-label={t('people.found')} {...listbox.list}>
            {offered.map((person, index) => (
              <li key={person.id} {...listbox.option(index)}>
                <PersonLine account={person} />
              </li>
            ))}
            {offered.length === 0 && <li className="small nobody">{t('people.none', { query })}</li>}
          </ul>
        </Popover>
      )}
    </div>
  )
}
