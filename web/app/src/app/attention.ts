import type { Madang } from '@madang/client'

const IDLE_MS = 60_000
/** What hands do. Pages scroll and sound by themselves, so these do not count. */
const HANDS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const

/** Tells the server whether this device has the person's attention: its page seen, focused and used. */
export function tellAttention(madang: Madang): () => void {
  let told: boolean | undefined
  let idle = false
  let usedAt = Date.now()
  const tell = () => {
    const active = !idle && document.visibilityState === 'visible' && document.hasFocus()
    if (active !== told) madang.setActive(active)
    told = active
  }
  const used = () => {
    usedAt = Date.now()
    if (!idle) return
    idle = false
    tell()
  }
  // A pointer moves a hundred times a second: the timer looks when it was, instead of being set anew each time.
  const timer = setInterval(() => {
    if (idle || Date.now() - usedAt < IDLE_MS) return
    idle = true
    tell()
  }, IDLE_MS / 4)
  tell()
  addEventListener('focus', used)
  addEventListener('focus', tell)
  addEventListener('blur', tell)
  document.addEventListener('visibilitychange', tell)
  for (const hand of HANDS) addEventListener(hand, used, { capture: true, passive: true })
  return () => {
    clearInterval(timer)
    removeEventListener('focus', used)
    removeEventListener('focus', tell)
    removeEventListener('blur', tell)
    document.removeEventListener('visibilitychange', tell)
    for (const hand of HANDS) removeEventListener(hand, used, { capture: true })
  }
}
