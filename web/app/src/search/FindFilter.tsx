import { Check, ChevronDown, Search } from 'lucide-react'
import { useEffect, useRef, useState, type ComponentType, type ReactNode } from 'react'
import { Button, Icon, Popover } from '../components/index.ts'
import { useListbox } from '../people/use-listbox.ts'
import '../people/people.css'
import type { SearchState } from './query.ts'

export interface FilterProps {
  state: SearchState
  onChange: (changes: Partial<SearchState>) => void
}

export interface ListProps extends FilterProps {
  /** Closes the popover and gives its button the focus. */
  onDone: () => void
}

interface FindFilterProps extends FilterProps {
  label: string
  value: ReactNode
  chosen: boolean
  /** What stands in the popover. */
  list: ComponentType<ListProps>
}

/** A button that says what is chosen, and opens a field that finds something else. */
export function FindFilter({ label, value, chosen, list: List, ...filter }: FindFilterProps) {
  const [open, setOpen] = useState(false)
  const anchor = useRef<HTMLButtonElement>(null)
  const close = () => {
    setOpen(false)
    anchor.current?.focus({ preventScroll: true })
  }
  return (
    <span className="menu-anchor">
      <Button ref={anchor} small aria-haspopup="dialog" aria-expanded={open} data-chosen={chosen ? '' : undefined} onClick={() => setOpen(!open)}>
        <span className="faint">{label}</span> <bdi className="cut">{value}</bdi>
        <Icon of={ChevronDown} size={16} />
      </Button>
      {open && (
        <Popover anchor={anchor} onClose={() => setOpen(false)} role="dialog" label={label}>
          <List {...filter} onDone={close} />
        </Popover>
      )}
    </span>
  )
}

export interface Choice {
  key: string | number
  label: ReactNode
  checked: boolean
  onTake: () => void
}

interface FindListProps {
  /** Names the field, and is its hint. */
  hint: string
  /** Names the list. */
  label: string
  query: string
  onQuery: (query: string) => void
  choices: readonly Choice[]
  /** Said where nothing fits. */
  nothing: string | undefined
  onDone: () => void
}

/** The field of such a popover and what it finds: arrows choose, Enter takes, Esc and Tab leave. */
export function FindList({ hint, label, query, onQuery, choices, nothing, onDone }: FindListProps) {
  const field = useRef<HTMLInputElement>(null)
  const take = (index: number) => {
    onDone()
    choices[index]?.onTake()
  }
  const listbox = useListbox({ count: choices.length, onTake: take })
  // Behind the popover's own effect: what is not shown yet takes no focus.
  useEffect(() => field.current?.focus({ preventScroll: true }), [])
  return (
    <div className="menu find-filter">
      <span className="input" data-kind="search">
        <Icon of={Search} size={16} />
        <input
          ref={field}
          aria-label={hint}
          placeholder={hint}
          maxLength={100}
          value={query}
          onChange={(event) => {
            onQuery(event.target.value)
            listbox.reset()
          }}
          {...listbox.field}
          onKeyDown={(event) => {
            if (event.key === 'Tab') {
              event.preventDefault()
              onDone()
            } else listbox.field.onKeyDown(event)
          }}
        />
      </span>
      <ul className="options" aria-label={label} {...listbox.list}>
        {choices.map((choice, index) => (
          <li key={choice.key} aria-checked={choice.checked} {...listbox.option(index)}>
            {choice.label}
            {choice.checked && <Icon of={Check} size={16} />}
          </li>
        ))}
      </ul>
      {choices.length === 0 && nothing && (
        <p className="small nobody" role="status">
          {nothing}
        </p>
      )}
    </div>
  )
}
