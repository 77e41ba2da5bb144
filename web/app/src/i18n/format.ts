/** Times, days, sizes and counts in the language of the interface, with cached formatters. */
import { $language, t } from './index.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

const formatters = new Map<string, unknown>()

function cached<Formatter>(kind: string, make: (language: string) => Formatter): Formatter {
  const language = $language.get()
  const key = `${language}.${kind}`
  let formatter = formatters.get(key) as Formatter | undefined
  if (!formatter) {
    formatter = make(language)
    formatters.set(key, formatter)
  }
  return formatter
}

const date = (kind: string, options: Intl.DateTimeFormatOptions) => cached(kind, (language) => new Intl.DateTimeFormat(language, options))

/** 2:05 PM, 오후 2:05 */
export const clockTime = (at: number): string => date('clock', { timeStyle: 'short' }).format(at)

/** Exact, for tooltips: Saturday, November 21, 2026 at 2:05 PM */
export const exactTime = (at: number): string => date('exact', { dateStyle: 'full', timeStyle: 'short' }).format(at)

/** For `<time datetime>`. */
export const machineTime = (at: number): string => new Date(at).toISOString()

/** Today, Yesterday, else month, day and weekday, with the year if it is another. */
export function dayLabel(at: number, now = Date.now()): string {
  const ago = daysBetween(at, now)
  if (ago === 0 || ago === 1) return capital(cached('days', (language) => new Intl.RelativeTimeFormat(language, { numeric: 'auto' })).format(-ago, 'day'))
  return sameYear(at, now)
    ? date('day', { month: 'long', day: 'numeric', weekday: 'long' }).format(at)
    : date('day-year', { year: 'numeric', month: 'long', day: 'numeric', weekday: 'long' }).format(at)
}

/** For a row of a list: the time today, Yesterday, the weekday within a week, else the date. */
export function listTime(at: number, now = Date.now()): string {
  const ago = daysBetween(at, now)
  if (ago <= 0) return clockTime(at)
  if (ago === 1) return dayLabel(at, now)
  if (ago < 7) return date('weekday', { weekday: 'long' }).format(at)
  return sameYear(at, now) ? date('short-day', { month: 'short', day: 'numeric' }).format(at) : date('numeric-day', { dateStyle: 'medium' }).format(at)
}

/** 3 November, 11월 3일; with the year if it is another. */
export function plainDate(at: number, now = Date.now()): string {
  return sameYear(at, now)
    ? date('plain', { month: 'long', day: 'numeric' }).format(at)
    : date('plain-year', { year: 'numeric', month: 'long', day: 'numeric' }).format(at)
}

/** Just now, 5 minutes ago, 2 hours ago, yesterday, 3 days ago, else the date. */
export function relativeTime(at: number, now = Date.now()): string {
  const past = Math.max(0, now - at)
  if (past < minute) return t('time.now')
  const relative = cached('relative', (language) => new Intl.RelativeTimeFormat(language, { numeric: 'auto' }))
  if (past < hour) return relative.format(-Math.floor(past / minute), 'minute')
  if (past < day && daysBetween(at, now) === 0) return relative.format(-Math.floor(past / hour), 'hour')
  const ago = daysBetween(at, now)
  return ago < 7 ? relative.format(-Math.max(1, ago), 'day') : plainDate(at, now)
}

/** 2.4 MB, 640 kB */
export function byteSize(bytes: number): string {
  const steps = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const
  let step = 0
  let value = bytes
  while (value >= 1000 && step < steps.length - 1) {
    value /= 1000
    step += 1
  }
  const unit = steps[step] ?? 'byte'
  const digits = step >= 2 && value < 10 ? 1 : 0
  return cached(`size-${unit}-${digits}`, (language) => new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: digits })).format(value)
}

/** 1,204; from ten thousand on 1.2만 or 12K. */
export function countText(count: number): string {
  const compact = count >= 10_000
  return cached(`count-${compact}`, (language) =>
    new Intl.NumberFormat(language, compact ? { notation: 'compact', maximumFractionDigits: 1 } : {}),
  ).format(count)
}

/** 40 % as the language writes it; `part` from 0 to 1. */
export const percent = (part: number): string => cached('percent', (language) => new Intl.NumberFormat(language, { style: 'percent' })).format(part)

/** ana, ben and cleo */
export const listText = (names: string[]): string =>
  cached('list', (language) => new Intl.ListFormat(language, { type: 'conjunction' })).format(names)

/** 0 today, 1 yesterday; by the local calendar, so that a day of 23 hours counts too. */
export function daysBetween(at: number, now: number): number {
  return Math.round((midnight(now) - midnight(at)) / day)
}

/** The next local midnight: when labels such as Today have to be made again. */
export const nextMidnight = (now = Date.now()): number => new Date(now).setHours(24, 0, 0, 0)

const midnight = (at: number): number => new Date(at).setHours(0, 0, 0, 0)

const sameYear = (one: number, other: number): boolean => new Date(one).getFullYear() === new Date(other).getFullYear()

function capital(text: string): string {
  return text.charAt(0).toLocaleUpperCase($language.get()) + text.slice(1)
}
