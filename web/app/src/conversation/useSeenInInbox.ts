import { useStore } from '@nanostores/react'
import { useEffect } from 'react'
import { useMadang } from '../app/context.ts'

/** Whoever looks at a conversation has seen what the inbox says of what they have read there: reactions, for instance. */
export function useSeenInInbox(id: number): void {
  const madang = useMadang()
  const { unread } = useStore(madang.notifications.counts)
  useEffect(() => {
    if (unread === 0) return undefined
    const look = () => {
      if (document.visibilityState === 'visible' && document.hasFocus()) madang.lookAt(id)
    }
    look()
    addEventListener('focus', look)
    return () => removeEventListener('focus', look)
  }, [madang, id, unread])
}
