import type { Madang } from '@madang/client'

/** Tells the server whether this device has the person's attention: its page seen, focused and used. */
export function tellAttention(madang: Madang): () => void {
  let told: boolean | undefined
  const tell = () => {
    const active = document.visibilityState === 'visible' && document.hasFocus()
    if (active !== told) madang.setActive(active)
    told = active
  }
  tell()
  addEventListener('focus', tell)
  addEventListener('blur', tell)
  document.addEventListener('visibilitychange', tell)
  return () => {
    removeEventListener('focus', tell)
    removeEventListener('blur', tell)
    document.removeEventListener('visibilitychange', tell)
  }
}
