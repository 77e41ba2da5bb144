import type { Item, Message } from '@madang/client'
import { describe, expect, test } from 'vitest'
import { firstUnread, keepRows, rowsOf } from './runs.ts'

const me = 1
const ana = 2
const minute = 60_000
const noon = new Date(2026, 10, 20, 12).getTime()

function said(seq: number, sender_id: number, at: number, more: Partial<Message> = {}): Item {
  const message: Message = { conversation_id: 7, seq, client_id: `c${seq}`, sender_id, sent_at: at, text: `text ${seq}`, attachments: [], mentions: [], reactions: [], ...more }
  return { kind: 'message', message, key: String(seq), state: 'sent' }
}
const joined = (seq: number, at: number): Item => ({ kind: 'system', key: String(seq), state: 'sent', entry: { conversation_id: 7, seq, kind: 'member_added', actor_id: ana, at, data: { account_id: 3, role: 'member', by: 'admin' } } })
const shape = (items: Item[], dividerSeq?: number) => rowsOf(items, { me, ...(dividerSeq !== undefined && { dividerSeq }) }).map((row) => `${row.seq}${row.day === undefined ? '' : ' day'}${row.divider ? ' divider' : ''}${row.first ? ' first' : ''}${row.last ? ' last' : ''}`)

describe('runs', () => {
  test('one author within five minutes is one run', () => {
    expect(shape([said(1, ana, noon), said(2, ana, noon + 4 * minute), said(3, ana, noon + 8 * minute)])).toEqual(['1 day first', '2', '3 last'])
  })

  test('five minutes, another author and a system line each begin a new run', () => {
    expect(shape([said(1, ana, noon), said(2, ana, noon + 5 * minute), said(3, me, noon + 5 * minute), joined(4, noon + 6 * minute), said(5, me, noon + 6 * minute)])).toEqual([
      '1 day first last', '2 first last', '3 first last', '4 first last', '5 first last',
    ])
  })

  test('midnight ends a run and puts a day before the next', () => {
    const midnight = new Date(2026, 10, 21).getTime()
    expect(shape([said(1, ana, midnight - minute), said(2, ana, midnight + minute)])).toEqual(['1 day first last', '2 day first last'])
  })

  test('the divider ends a run and stands once, before the first unread', () => {
    expect(shape([said(1, ana, noon), said(2, ana, noon), said(3, ana, noon)], 2)).toEqual(['1 day first last', '2 divider first', '3 last'])
  })

  test('the divider is not shown before rows that begin behind its place', () => {
    expect(shape([said(3, ana, noon), said(4, ana, noon)], 2)).toEqual(['3 day first', '4 last'])
  })

  test('the divider stands before the next one when its own entry shows no line', () => {
    expect(shape([said(1, ana, noon), said(4, ana, noon)], 2)).toEqual(['1 day first last', '4 divider first last'])
  })

  test('own unsent messages join the run', () => {
    const unsent: Item = { ...(said(0, me, noon + minute) as Item & { kind: 'message' }), key: 'x', state: 'sending', queued_at: noon }
    const rows = rowsOf([said(1, me, noon), unsent], { me })
    expect(rows.map((row) => [row.own, row.first, row.last])).toEqual([[true, true, false], [true, false, true]])
  })
})

test('rows that have not changed are kept', () => {
  const items = [said(1, ana, noon), said(2, ana, noon)]
  const old = rowsOf(items, { me })
  const fresh = keepRows(old, rowsOf([...items, said(3, ana, noon)], { me }))
  expect(fresh[0]).toBe(old[0])
  expect(fresh[1]).not.toBe(old[1])
})

test('the first unread is somebody else\'s and not deleted', () => {
  const items = [said(1, ana, noon), said(2, me, noon), said(3, ana, noon, { deleted_at: noon }), said(4, ana, noon)]
  expect(firstUnread(items, 1, me)).toBe(4)
  expect(firstUnread(items, 4, me)).toBeUndefined()
})

test('people who are added one after the other are one line, which grows', () => {
  const items = [joined(4, noon), joined(5, noon + minute), said(6, ana, noon + minute), joined(7, noon + 2 * minute)]
  const rows = rowsOf(items, { me })
  expect(rows.map((row) => [row.seq, row.folded?.length])).toEqual([[4, 2], [6, undefined], [7, undefined]])
  const grown = keepRows(rows, rowsOf([...items, joined(8, noon + 2 * minute)], { me }))
  expect(grown[0]).toBe(rows[0])
  expect(grown.at(-1)).not.toBe(rows.at(-1))
  expect(grown.map((row) => row.folded?.length)).toEqual([2, undefined, 2])
})
