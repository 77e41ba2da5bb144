import { Check } from 'lucide-react'
import { useEffect, useRef, type KeyboardEvent, type RefObject } from 'react'
import { Icon } from './Icon.tsx'
import type { MenuItem, MenuProps } from './Menu.tsx'
import { Popover } from './Popover.tsx'

interface ListProps {
  id?: string
  label: string
  items: readonly MenuItem[]
  onClose: () => void
}

interface PopoverProps extends ListProps, Pick<MenuProps, 'align'> {
  anchor: RefObject<HTMLElement | null>
  place: MenuProps['place'] | undefined
  /** Somebody went elsewhere: the button does not get the focus back. */
  onLeave: () => void
}

/** What a Menu's button opens. */
export function MenuPopover({ anchor, onLeave, place, align = 'end', ...list }: PopoverProps) {
  return (
    <Popover anchor={anchor} onClose={onLeave} {...(place ? { place } : {})} align={align} className="menu-popover">
      <MenuList {...list} />
    </Popover>
  )
}

/** The list of a menu, for popovers opened in another way (by right click, for instance). */
export function MenuList({ id, label, items, onClose }: ListProps) {
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
