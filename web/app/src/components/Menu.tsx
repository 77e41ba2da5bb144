import type { LucideIcon } from 'lucide-react'
import { Check } from 'lucide-react'
import { cloneElement, useEffect, useId, useRef, useState, type KeyboardEvent, type MouseEvent, type ReactElement, type ReactNode } from 'react'
import { Icon } from './Icon.tsx'
import { Popover } from './Popover.tsx'

export type MenuItem =
  | 'rule'
  | {
      key: string
      label: ReactNode
      icon?: LucideIcon
      /** A letter or keys that do the same. */
      keys?: string
      kind?: 'danger'
      /** One of several choices: a tick stands at the chosen one. */
      checked?: boolean
      disabled?: boolean
      lang?: string
      onSelect: () => void
    }

interface TriggerProps {
  onClick?: (event: MouseEvent<HTMLButtonElement>) => void
  onKeyDown?: (event: KeyboardEvent<HTMLButtonElement>) => void
  'aria-haspopup'?: 'menu'
  'aria-expanded'?: boolean
  'aria-controls'?: string | undefined
}

export interface MenuProps {
  label: string
  items: readonly MenuItem[]
  /** The button that opens it: a Button, IconButton or chip. */
  trigger: ReactElement<TriggerProps>
  place?: 'below' | 'above'
  align?: 'start' | 'end'
}

/** A button and the menu that it opens. */
export function Menu({ label, items, trigger, place, align = 'end' }: MenuProps) {
  const [open, setOpen] = useState(false)
  const anchor = useRef<HTMLSpanElement>(null)
  const id = useId()
  const close = () => {
    setOpen(false)
    anchor.current?.querySelector('button')?.focus({ preventScroll: true })
  }
  return (
    <span className="menu-anchor" ref={anchor}>
      {cloneElement(trigger, {
        'aria-haspopup': 'menu',
        'aria-expanded': open,
        'aria-controls': open ? id : undefined,
        onClick: () => setOpen(!open),
        onKeyDown: (event) => {
          if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
          event.preventDefault()
          setOpen(true)
        },
      })}
      {open && (
        <Popover anchor={anchor} onClose={() => setOpen(false)} {...(place ? { place } : {})} align={align} className="menu-popover">
          <MenuList id={id} label={label} items={items} onClose={close} />
        </Popover>
      )}
    </span>
  )
}

/** The list of a menu, for popovers opened in another way (by right click, for instance). */
export function MenuList({ id, label, items, onClose }: { id?: string; label: string; items: readonly MenuItem[]; onClose: () => void }) {
  const list = useRef<HTMLUListElement>(null)
  const entries = () => [...(list.current?.querySelectorAll<HTMLElement>('[role^="menuitem"]:not([aria-disabled="true"])') ?? [])]
  useEffect(() => {
    const all = entries()
    ;(all.find((one) => one.getAttribute('aria-checked') === 'true') ?? all[0])?.focus({ preventScroll: true })
  }, [])
  const move = (event: KeyboardEvent) => {
    const all = entries()
    const at = all.indexOf(document.activeElement as HTMLElement)
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key]
    if (to !== undefined) {
      event.preventDefault()
      all[(to + all.length) % all.length]?.focus()
    } else if (event.key === 'Tab') {
      event.preventDefault()
      onClose()
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && event.key !== ' ') {
      const letter = event.key.toLocaleLowerCase()
      const rest = [...all.slice(at + 1), ...all.slice(0, at + 1)]
      rest.find((one) => one.textContent?.trim().toLocaleLowerCase().startsWith(letter))?.focus()
    }
  }
  return (
    <ul className="menu" role="menu" id={id} aria-label={label} ref={list} onKeyDown={move}>
      {items.map((item, index) =>
        item === 'rule' ? (
          <li key={`rule-${index}`} className="rule" role="separator" />
        ) : (
          <li key={item.key} role="none">
            <button
              type="button"
              role={item.checked === undefined ? 'menuitem' : 'menuitemradio'}
              aria-checked={item.checked}
              aria-disabled={item.disabled || undefined}
              data-kind={item.kind}
              lang={item.lang}
              tabIndex={-1}
              onPointerMove={(event) => event.currentTarget.focus({ preventScroll: true })}
              onClick={() => {
                if (item.disabled) return
                onClose()
                item.onSelect()
              }}
            >
              {item.icon && <Icon of={item.icon} size={18} />}
              <span className="grow">{item.label}</span>
              {item.keys && <kbd className="key">{item.keys}</kbd>}
              {item.checked && <Icon of={Check} size={16} />}
            </button>
          </li>
        ),
      )}
    </ul>
  )
}
