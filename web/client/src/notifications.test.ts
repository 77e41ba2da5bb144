import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Madang } from './api.ts'
import { merged } from './notifications.ts'
import { FakeServer } from './testing/fakeServer.ts'
import { arrive, settle } from './testing/people.ts'
import type { Notification } from './types.ts'

function notification(id: number, seq: number, changes: Partial<Notification> = {}): Notification {
  return { id, seq, type: 'message', group: 'g', title: 't', body: '', url: '/', created_at: id, count: 1, data: {}, ...changes }
}

let server: FakeServer
let madang: Madang

beforeEach(async () => {
  vi.useFakeTimers()
  server = new FakeServer()
  server.inbox = [notification(1, 1)]
  server.counts = { head_seq: 1, unseen: 1, unread: 1 }
  madang = await arrive(server)
})

afterEach(() => {
  madang.stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const ids = () => madang.notifications.items.get()?.map((one) => one.id)
const inbox = () => server.sockets.pair.notifications

test('the bell counts before the inbox is loaded', () => {
  expect(madang.notifications.counts.get()).toEqual({ head_seq: 1, unseen: 1, unread: 1 })
  expect(madang.notifications.items.get()).toBeUndefined()
})

test('new ones come to the top, folded ones move there, archived ones go', async () => {
  await madang.notifications.load('all')
  inbox().deliver('notification_created', notification(2, 2), 'offset')
  expect(ids()).toEqual([2, 1])
  inbox().deliver('notification_changed', notification(1, 3, { created_at: 9, count: 2 }), 'offset')
  expect(ids()).toEqual([1, 2])
  inbox().deliver('notification_changed', notification(2, 4, { archived_at: 9 }), 'offset')
  expect(ids()).toEqual([1])
})

test('changes missed in a break are fetched', async () => {
  await madang.notifications.load('all')
  server.cut()
  server.inbox = [notification(1, 3, { archived_at: 5 }), notification(2, 2)]
  server.counts = { head_seq: 3, unseen: 1, unread: 1 }
  await vi.advanceTimersByTimeAsync(2000)
  expect(ids()).toEqual([2])
})

test('a change that is missing before one that came is fetched', async () => {
  await madang.notifications.load('all')
  server.inbox = [notification(1, 1), notification(2, 2), notification(3, 3)]
  server.counts = { head_seq: 3, unseen: 3, unread: 3 }
  inbox().deliver('notification_created', notification(3, 3), 'offset')
  await settle()
  expect(ids()).toEqual([3, 2, 1])
})

test('marking read shows at once what the server said', async () => {
  await madang.notifications.load('all')
  server.counts = { head_seq: 2, unseen: 0, unread: 0 }
  await madang.notifications.markRead({ ids: [1] })
  expect(madang.notifications.items.get()?.[0]?.read_at).toBeDefined()
  expect(madang.notifications.counts.get().unread).toBe(0)
})

test('filters: a new row must belong, a row that is shown stays when it is read', () => {
  const mention = notification(2, 2, { type: 'mention' })
  expect(merged([], [notification(1, 1), mention], 'mentions')).toEqual([mention])
  const shown = notification(1, 1)
  const read = { ...shown, seq: 3, read_at: 5 }
  expect(merged([shown], [read, { ...mention, read_at: 5 }], 'unread')).toEqual([read])
})

test('rules that are asked for before there is a connection come with it', async () => {
  server.down = true
  server.cut()
  const asked = madang.rules.load()
  server.instead = (command) => (command === 'get_rules' ? { data: { quiet_known_until: 0 } } : undefined)
  server.down = false
  await vi.advanceTimersByTimeAsync(5000)
  await expect(asked).resolves.toMatchObject({ quiet_known_until: 0 })
})

test('rules that change while they are asked for are asked for once more', async () => {
  const answers = [{ quiet_known_until: 1 }, { quiet_known_until: 2 }]
  server.instead = (command) => {
    if (command !== 'get_rules') return undefined
    if (answers.length > 1) server.sockets.pair.chat.deliver('rules_changed', { account_version: 2 })
    return { data: answers.shift() }
  }
  await expect(madang.rules.load()).resolves.toMatchObject({ quiet_known_until: 2 })
  expect(madang.rules.current.get()).toMatchObject({ quiet_known_until: 2 })
})
