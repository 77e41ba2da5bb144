import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Madang } from './api.ts'
import { ANA, type FakeServer, YARD } from './testing/fakeServer.ts'
import { leave, openYard, settle } from './testing/people.ts'

const ROOF = 8
let server: FakeServer
let madang: Madang

beforeEach(async () => {
  [server, madang] = await openYard(ROOF)
})

afterEach(() => leave(madang))

const row = () => madang.conversationOf(YARD).get()

test('an own event that comes again after others changes nothing', () => {
  const preferences = (version: number, pinned: boolean) =>
    server.sockets.pair.chat.deliver('preferences_changed', {
      account_version: version,
      conversation_id: YARD,
      preferences: { notify: 'all', pinned, archived: false },
    })
  preferences(2, true)
  preferences(3, false)
  preferences(2, true)
  expect(row()?.preferences.pinned).toBe(false)
})

test('a conversation left behind by another device goes away, also when the event was lost', async () => {
  server.account_version = 3
  server.changes = [
    { version: 2, event: 'preferences_changed', data: { account_version: 2, conversation_id: YARD, preferences: { notify: 'all', pinned: true, archived: false } } },
    { version: 3, event: 'conversation_removed', data: { account_version: 3, conversation_id: ROOF } },
  ]
  server.tellHeads()
  await vi.advanceTimersByTimeAsync(300)
  expect(madang.conversations.get().map((one) => [one.id, one.preferences.pinned])).toEqual([[YARD, true]])
})

test('own events in order need no question; one that is missing is asked for', async () => {
  const read = (version: number, seq: number) =>
    ({ conversation_id: YARD, account_id: ANA, read_seq: seq, account_version: version })
  for (const text of ['one', 'two', 'three']) server.say(YARD, text)
  server.sockets.pair.chat.deliver('receipt', read(2, 1))
  expect(row()).toMatchObject({ read_seq: 1, unread: 2 })
  server.account_version = 4
  server.changes = [3, 4].map((version) => ({ version, event: 'receipt', data: read(version, version - 1) }))
  server.sockets.pair.chat.deliver('receipt', read(4, 3))
  await settle()
  expect(server.askedFor('fetch_account_changes')).toEqual([{ after_version: 2 }])
  expect(row()).toMatchObject({ read_seq: 3, unread: 0 })
})
