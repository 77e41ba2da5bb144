import { useEffect, useLayoutEffect, useRef, type ReactNode, type RefObject } from 'react'

export interface PopoverProps {
  anchor: RefObject<HTMLElement | null>
  onClose: () => void
  children: ReactNode
  /** Where it stands: below or above its anchor, flipped where there is no room. */
  place?: 'below' | 'above'
  align?: 'start' | 'end' | 'stretch'
  label?: string
  role?: string
  className?: string
}

/** Something that floats at its anchor in the top layer. Closes by Esc and a press elsewhere; focus goes back to the anchor. */
export function Popover({ anchor, onClose, children, place = 'below', align = 'start', label, role, className }: PopoverProps) {
  const element = useRef<HTMLDivElement>(null)
  const close = useRef(onClose)
  useEffect(() => {
    close.current = onClose
  })

  useLayoutEffect(() => {
    const box = element.current
    const at = anchor.current
    if (!box || !at) return
    // Its button has gone while this was fetched: there is no place for it any more.
    if (!at.isConnected) return close.current()
    box.showPopover()
    const stand = () => position(box, at, place, align)
    stand()
    const observer = new ResizeObserver(stand)
    observer.observe(box)
    addEventListener('resize', stand)
    addEventListener('scroll', stand, { capture: true, passive: true })
    return () => {
      observer.disconnect()
      removeEventListener('resize', stand)
      removeEventListener('scroll', stand, { capture: true })
    }
  }, [anchor, place, align])

  useEffect(() => {
    const at = anchor.current
    const pressed = (event: PointerEvent) => {
      const target = event.target as Node
      if (!element.current?.contains(target) && !at?.contains(target)) close.current()
    }
    const key = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.isComposing) return
      event.stopPropagation()
      event.preventDefault()
      close.current()
      at?.focus()
    }
    document.addEventListener('pointerdown', pressed, { capture: true })
    document.addEventListener('keydown', key, { capture: true })
    return () => {
      document.removeEventListener('pointerdown', pressed, { capture: true })
      document.removeEventListener('keydown', key, { capture: true })
    }
  }, [anchor])

  return (
    <div ref={element} popover="manual" className={`popover ${className ?? ''}`} role={role} aria-label={label}>
      {children}
    </div>
  )
}

const gap = 6
const margin = 8

function position(box: HTMLElement, anchor: HTMLElement, place: 'below' | 'above', align: 'start' | 'end' | 'stretch'): void {
  // A message's buttons go with the pointer; what was opened by one stays where it is.
  if (!anchor.isConnected) return
  // What only holds its button together has no box of its own.
  const at = (getComputedStyle(anchor).display === 'contents' && anchor.firstElementChild ? anchor.firstElementChild : anchor).getBoundingClientRect()
  if (align === 'stretch') box.style.width = `${at.width}px`
  const { offsetWidth: width, offsetHeight: height } = box
  const roomBelow = innerHeight - at.bottom - gap - margin
  const roomAbove = at.top - gap - margin
  const below = place === 'below' ? roomBelow >= height || roomBelow >= roomAbove : roomAbove < height && roomBelow > roomAbove
  const rtl = getComputedStyle(box).direction === 'rtl'
  const fromLeft = (align === 'start') !== rtl || align === 'stretch'
  const left = fromLeft ? at.left : at.right - width
  box.style.left = `${Math.round(Math.min(Math.max(margin, left), Math.max(margin, innerWidth - width - margin)))}px`
  box.style.top = `${Math.round(below ? Math.min(at.bottom + gap, Math.max(margin, innerHeight - height - margin)) : Math.max(margin, at.top - gap - height))}px`
}
