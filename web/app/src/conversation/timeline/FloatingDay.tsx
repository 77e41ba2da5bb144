import { useEffect, useState, type RefObject } from 'react'
import { dayLabel } from '../../i18n/format.ts'

const GONE_AFTER_MS = 1000

/** The day of the topmost message, under the header while one scrolls. */
export function FloatingDay({ day, scroller }: { day: number | undefined; scroller: RefObject<HTMLElement | null> }) {
  const [shown, setShown] = useState(false)
  useEffect(() => {
    const element = scroller.current
    if (!element) return
    let timer: ReturnType<typeof setTimeout> | undefined
    let byHand = false
    const touched = () => {
      byHand = true
    }
    const moved = () => {
      // Only a person's own scrolling asks for it.
      if (!byHand) return
      clearTimeout(timer)
      setShown(true)
      timer = setTimeout(() => {
        setShown(false)
        byHand = false
      }, GONE_AFTER_MS)
    }
    const names = ['wheel', 'touchmove', 'pointerdown', 'keydown'] as const
    for (const name of names) element.addEventListener(name, touched, { passive: true })
    element.addEventListener('scroll', moved, { passive: true })
    return () => {
      clearTimeout(timer)
      for (const name of names) element.removeEventListener(name, touched)
      element.removeEventListener('scroll', moved)
    }
  }, [scroller])
  if (day === undefined) return null
  return (
    <div className="floating-day" data-state={shown ? 'shown' : undefined} aria-hidden="true">
      <span>{dayLabel(day)}</span>
    </div>
  )
}
