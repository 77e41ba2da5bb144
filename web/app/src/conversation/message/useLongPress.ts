import { useRef, type PointerEvent } from 'react'

const HOLD_MS = 400
const MOVED_PX = 10
const LIFTED_MS = 60

/** Lifting the finger must not press what has come up under it. */
function swallowClick(): void {
  const ended = new AbortController()
  const options = { capture: true, signal: ended.signal }
  addEventListener('click', (event) => { event.preventDefault(); event.stopPropagation() }, options)
  addEventListener('pointerup', () => setTimeout(() => ended.abort(), LIFTED_MS), options)
  addEventListener('pointercancel', () => ended.abort(), options)
}

/** A finger that rests: calls `held` with the pressed element after 400 ms. */
export function useLongPress(held: (at: HTMLElement) => void) {
  const press = useRef<{ timer: ReturnType<typeof setTimeout>; x: number; y: number } | undefined>(undefined)
  const end = () => {
    clearTimeout(press.current?.timer)
    press.current = undefined
  }
  return {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      if (event.pointerType === 'mouse') return
      const at = event.currentTarget
      end()
      press.current = {
        x: event.clientX,
        y: event.clientY,
        timer: setTimeout(() => {
          press.current = undefined
          navigator.vibrate?.(8)
          swallowClick()
          held(at)
        }, HOLD_MS),
      }
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      const start = press.current
      if (start && Math.hypot(event.clientX - start.x, event.clientY - start.y) > MOVED_PX) end()
    },
    onPointerUp: end,
    onPointerCancel: end,
    onContextMenu: (event: { preventDefault: () => void; nativeEvent: Event }) => {
      // The browser's own menu for a long press would lie over ours; a right click keeps it.
      if ((event.nativeEvent as globalThis.PointerEvent).pointerType === 'touch') event.preventDefault()
    },
  }
}
