import { useEffect, useState } from 'react'
import { nextMidnight } from '../../i18n/format.ts'

/** The beginning of the local day; changes at midnight, so that day labels are made again. */
export function useToday(): number {
  const [today, setToday] = useState(() => new Date().setHours(0, 0, 0, 0))
  useEffect(() => {
    const timer = setTimeout(() => setToday(new Date().setHours(0, 0, 0, 0)), nextMidnight() - Date.now() + 500)
    return () => clearTimeout(timer)
  }, [today])
  return today
}
