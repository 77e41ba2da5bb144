import { afterEach, expect, test } from 'vitest'
import { rowsOf } from './logic/runs.ts'
import { ana, doyun, message, sent } from './testing.tsx'
import { leavePlace } from './timeline/places.ts'
import { openingOf } from './useRows.ts'

const rows = rowsOf([1, 2, 3, 4].map((seq) => sent(message(seq, ana.id, `text ${seq}`))), { me: doyun.id })

afterEach(() => leavePlace(7, undefined))

test('nothing unread opens at the bottom', () => {
  expect(openingOf(rows, 7, undefined, undefined)).toEqual({ at: 'bottom' })
})

test('unread messages open at the divider', () => {
  expect(openingOf(rows, 7, 3, undefined)).toEqual({ at: 'divider', key: '3' })
})

test('a return opens at the place that was left, as long as its row is loaded', () => {
  leavePlace(7, { anchor: { key: '2', offset: -12 }, seq: 2 })
  expect(openingOf(rows, 7, 3, undefined)).toEqual({ at: 'anchor', key: '2', offset: -12 })
  leavePlace(7, { anchor: { key: 'gone', offset: 0 }, seq: 90 })
  expect(openingOf(rows, 7, undefined, undefined)).toEqual({ at: 'bottom' })
})

test('a link opens at its message', () => {
  leavePlace(7, { anchor: { key: '2', offset: -12 }, seq: 2 })
  expect(openingOf(rows, 7, 3, 4)).toEqual({ at: 'message', key: '4' })
  expect(openingOf(rows, 7, undefined, 50)).toEqual({ at: 'anchor', key: '2', offset: -12 })
})
