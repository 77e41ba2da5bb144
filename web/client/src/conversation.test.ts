import { expect, test } from 'vitest'
import { sorted, withEntry, withReadMark } from './conversation.ts'
import { ANA, BEN, conversation, entry, message, YARD } from './testing/fakeServer.ts'

const row = conversation(YARD, { head_seq: 4, read_seq: 4 })

test('a message of somebody else is unread, and counts as a mention when it names me or everybody', () => {
  const one = withEntry(row, entry(5, 'message_created', message(5)), ANA)
  expect(one).toMatchObject({ row: { head_seq: 5, unread: 1, mentions: 0, last_message: { seq: 5, text: 'words 5' } }, ask: false })
  const two = withEntry(one.row, entry(6, 'message_created', message(6, { mentions: [ANA] })), ANA)
  const three = withEntry(two.row, entry(7, 'message_created', message(7, { mentions: ['all'] })), ANA)
  expect(three.row).toMatchObject({ unread: 3, mentions: 2, last_active_at: 1007 })
})

test('the same entry is counted once', () => {
  const once = withEntry(row, entry(5, 'message_created', message(5)), ANA)
  expect(withEntry(once.row, entry(5, 'message_created', message(5)), ANA)).toEqual({ row: once.row, ask: false })
})

test("one's own message reads everything before it", () => {
  const unread = { ...row, unread: 3, mentions: 1, read_seq: 1 }
  const { row: after } = withEntry(unread, entry(5, 'message_created', message(5, { sender_id: ANA })), ANA)
  expect(after).toMatchObject({ read_seq: 5, unread: 0, mentions: 0 })
})

test('a gap is asked about, because what is missing may have been unread', () => {
  expect(withEntry(row, entry(6, 'message_created', message(6)), ANA).ask).toBe(true)
})

test('deleting the last message shows in the row; deleting an unread one is asked about', () => {
  const last = withEntry(row, entry(5, 'message_created', message(5)), ANA).row
  const { row: after, ask } = withEntry(last, entry(6, 'message_deleted', { target_seq: 5 }), ANA)
  expect(after.last_message).toMatchObject({ text: '', deleted: true })
  expect(ask).toBe(true)
})

test('a new title, a new role and new members show in the row', () => {
  let now = withEntry(row, entry(5, 'conversation_changed', { title: 'Roof', rules: { post: 'admin' } }), ANA).row
  now = withEntry(now, entry(6, 'role_changed', { account_id: ANA, role: 'admin', by: 'admin' }), ANA).row
  now = withEntry(now, entry(7, 'member_added', { account_id: 9, role: 'member', by: 'admin' }), ANA).row
  now = withEntry(now, entry(8, 'role_changed', { account_id: BEN, role: 'owner', by: 'admin' }), ANA).row
  expect(now).toMatchObject({ title: 'Roof', role: 'admin', member_count: 3 })
})

test('a read mark only moves forward', () => {
  const unread = { ...row, head_seq: 9, read_seq: 4, unread: 5 }
  expect(withReadMark(unread, 3, { unread: 6, mentions: 0 }).row).toBe(unread)
  expect(withReadMark(unread, 7, { unread: 2, mentions: 0 }).row).toMatchObject({ read_seq: 7, unread: 2 })
  expect(withReadMark(unread, 9, undefined)).toMatchObject({ row: { unread: 0 }, ask: false })
  expect(withReadMark(unread, 7, undefined).ask).toBe(true)
})

test('pinned conversations come first, then the latest', () => {
  const pinned = conversation(1, { last_active_at: 1, preferences: { notify: 'all', pinned: true, archived: false } })
  const rows = sorted([conversation(2, { last_active_at: 5 }), pinned, conversation(3, { last_active_at: 9 })])
  expect(rows.map((one) => one.id)).toEqual([1, 3, 2])
})
