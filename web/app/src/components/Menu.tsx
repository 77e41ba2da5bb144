import type { LucideIcon } from 'lucide-react'
import { cloneElement, useId, useRef, useState, type KeyboardEvent, type MouseEvent, type ReactElement, type ReactNode } from 'react'
import { coming, soon } from '../app/soon.tsx'

const MenuPopover = soon(coming(() => import('./MenuList.tsx').then((file) => file.MenuPopover)))

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
        <MenuPopover anchor={anchor} onLeave={() => setOpen(false)} place={place} align={align} id={id} label={label} items={items} onClose={close} />
      )}
    </span>
  )
}
