import { useEffect, useState } from 'react'
import { nextMidnight } from '../i18n/format.ts'

/** The time, a little wrong: it moves on once a minute, and at local midnight. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setTimeout(() => setNow(Date.now()), Math.min(60_000, nextMidnight(now) - now + 50))
    return () => clearTimeout(timer)
  }, [now])
  return now
}
