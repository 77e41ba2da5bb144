import type { Chosen } from '@madang/client'
import type { Key } from '../i18n/index.ts'
import type { Duration } from './until.ts'

export interface ReadyStatus {
  key: Extract<Key, `status.ready.${string}`>
  emoji: string
  availability: Chosen
  lasts: Duration
}

/** What people say most often, with how long it mostly takes. */
export const readyStatuses: readonly ReadyStatus[] = [
  { key: 'status.ready.meeting', emoji: '📅', availability: 'busy', lasts: 'hour' },
  { key: 'status.ready.lunch', emoji: '🍚', availability: 'away', lasts: 'hour' },
  { key: 'status.ready.focus', emoji: '🎧', availability: 'busy', lasts: 'four_hours' },
  { key: 'status.ready.home', emoji: '🏡', availability: 'auto', lasts: 'today' },
  { key: 'status.ready.commute', emoji: '🚌', availability: 'away', lasts: 'half_hour' },
  { key: 'status.ready.sick', emoji: '🤒', availability: 'away', lasts: 'today' },
  { key: 'status.ready.holiday', emoji: '🌴', availability: 'away', lasts: 'week' },
]
