import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Madang } from './api.ts'
import { Refusal } from './testing/fakeSockets.ts'
import { ANA, BEN, conversation, type FakeServer, YARD } from './testing/fakeServer.ts'
import { leave, openYard, texts } from './testing/people.ts'

const ROOF = 8
let server: FakeServer
let madang: Madang

beforeEach(async () => {
  [server, madang] = await openYard(ROOF)
})

afterEach(() => leave(madang))

const timeline = () => madang.timelineOf(YARD).get()
const row = (id = YARD) => madang.conversationOf(id).get()

test('of many conversations, one that was left meanwhile goes away', async () => {
  server.cut()
  server.rows.delete(YARD)
  const ready = server.ready.bind(server)
  server.ready = () => ({ ...ready(), more: true })
  server.instead = (command) => (command === 'list_conversations' ? { data: { conversations: [server.rows.get(ROOF)!] } } : undefined)
  await vi.advanceTimersByTimeAsync(2000)
  expect(madang.conversations.get().map((one) => one.id)).toEqual([ROOF])
})

test('the entry that removes somebody is the last one: the conversation goes away with it', () => {
  server.say(YARD, 'one')
  server.append(YARD, 'member_removed', { account_id: ANA, role: 'member', by: 'admin' })
  expect(row()).toBeUndefined()
  expect(timeline()).toMatchObject({ state: 'empty', items: [] })
  server.append(ROOF, 'member_removed', { account_id: BEN, role: 'member', by: 'admin' })
  expect(row(ROOF)).toMatchObject({ member_count: 1 })
})

test('a removal that is history by now takes nothing away', async () => {
  server.say(YARD, 'one')
  server.cut()
  server.unheard(() => {
    server.append(YARD, 'member_removed', { account_id: ANA, role: 'member', by: 'admin' })
    server.append(YARD, 'member_added', { account_id: ANA, role: 'member', by: 'admin' })
  })
  await vi.advanceTimersByTimeAsync(2000)
  expect(texts(timeline())).toEqual(['one', '(member_removed)', '(member_added)'])
  expect(row()?.head_seq).toBe(3)
})

test('a row that a busy server did not tell is asked for again', async () => {
  let refusals = 2
  server.instead = (command) => {
    if (command === 'get_conversation' && refusals-- > 0) throw new Refusal('busy', true)
    return undefined
  }
  server.unheard(() => server.say(ROOF, 'lost'))
  server.tellHeads(ROOF)
  await vi.advanceTimersByTimeAsync(3000)
  expect(row(ROOF)?.head_seq).toBe(1)
})

test('reading is told at most once a second, only forward, and not lost with the connection', async () => {
  for (let count = 1; count <= 5; count++) server.say(YARD, `${count}`)
  for (const seq of [1, 3, 2, 4]) madang.markRead(YARD, seq)
  expect(row()).toMatchObject({ read_seq: 4, unread: 1 })
  await vi.advanceTimersByTimeAsync(1500)
  expect(server.askedFor('mark_read').map((payload) => payload.seq)).toEqual([1, 4])
  server.cut()
  madang.markRead(YARD, 5)
  await vi.advanceTimersByTimeAsync(2000)
  expect(server.askedFor('mark_read').at(-1)?.seq).toBe(5)
  expect(row()).toMatchObject({ read_seq: 5, unread: 0 })
})

test('a message in an unknown conversation brings its row', async () => {
  server.add(conversation(30))
  server.say(30, 'first words')
  await vi.advanceTimersByTimeAsync(300)
  expect(row(30)?.head_seq).toBe(1)
})
