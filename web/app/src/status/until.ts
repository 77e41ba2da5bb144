import { nextMidnight } from '../i18n/format.ts'

/** When a status is over, as people choose it. */
export const durations = ['never', 'half_hour', 'hour', 'four_hours', 'today', 'week'] as const
export type Duration = (typeof durations)[number]

const minute = 60_000
const hour = 60 * minute

/** UTC ms, in the zone of this device; a week ends with Sunday. */
export function endOf(duration: Duration, now: number): number | undefined {
  switch (duration) {
    case 'never':
      return undefined
    case 'half_hour':
      return now + 30 * minute
    case 'hour':
      return now + hour
    case 'four_hours':
      return now + 4 * hour
    case 'today':
      return nextMidnight(now)
    case 'week': {
      const day = new Date(now)
      return new Date(day.getFullYear(), day.getMonth(), day.getDate() + ((8 - day.getDay()) % 7 || 7)).getTime()
    }
  }
}

/** What `<input type="datetime-local">` shows of a time, and the way back; undefined for none. */
export function localInput(at: number): string {
  const time = new Date(at)
  return new Date(at - time.getTimezoneOffset() * minute).toISOString().slice(0, 16)
}

export function fromLocalInput(text: string): number | undefined {
  const at = new Date(text).getTime()
  return Number.isNaN(at) ? undefined : at
}
