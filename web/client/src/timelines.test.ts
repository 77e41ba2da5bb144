import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Madang } from './api.ts'
import { ANA, conversation, type FakeServer, YARD } from './testing/fakeServer.ts'
import { leave, openYard, settle, texts } from './testing/people.ts'

const ROOF = 8
let server: FakeServer
let madang: Madang

beforeEach(async () => {
  [server, madang] = await openYard(ROOF)
})

afterEach(() => leave(madang))

const timeline = () => madang.timelineOf(YARD).get()

test('paging goes back to the first message and forward to the last', async () => {
  server.unheard(() => {
    for (let count = 1; count <= 130; count++) server.say(YARD, `${count}`)
  })
  await madang.loadAround(YARD, 60)
  await madang.loadOlder(YARD)
  expect(texts(timeline())[0]).toBe('1')
  expect(timeline().more_before).toBe(false)
  await madang.loadNewer(YARD)
  expect(timeline().items.map((item) => (item.kind === 'message' ? item.message.seq : 0))).toEqual(Array.from({ length: 130 }, (_, index) => index + 1))
  expect(timeline().more_after).toBe(false)
})

test('the lines of who came are loaded with the pages', async () => {
  server.unheard(() => {
    server.append(ROOF, 'member_added', { account_id: ANA, role: 'member', by: 'admin' })
    server.say(ROOF, 'welcome')
    server.append(ROOF, 'conversation_changed', { title: 'Roof' })
  })
  await madang.openTimeline(ROOF)
  expect(texts(madang.timelineOf(ROOF).get())).toEqual(['(member_added)', 'welcome', '(conversation_changed)'])
})

test('a conversation with much unread opens at the first unread message', async () => {
  server.unheard(() => {
    for (let count = 1; count <= 1000; count++) server.say(ROOF, `${count}`)
  })
  server.rows.set(ROOF, { ...server.rows.get(ROOF)!, read_seq: 100, unread: 200 })
  server.tellHeads(ROOF)
  await vi.advanceTimersByTimeAsync(300)
  await madang.openTimeline(ROOF)
  const shown = texts(madang.timelineOf(ROOF).get())
  expect(shown).toContain('101')
  expect(madang.timelineOf(ROOF).get()).toMatchObject({ more_before: true, more_after: true })
})

test('only the last three conversations stay loaded', async () => {
  for (const id of [20, 21, 22]) {
    server.add(conversation(id))
    await madang.openTimeline(id)
  }
  expect(timeline().state).toBe('empty')
  expect(madang.timelineOf(20).get().state).toBe('ready')
})

test.each([1000, 900])('whoever asks for message %i while another place is still coming gets that one', async (wanted) => {
  for (let count = 1; count <= 1000; count++) server.say(YARD, `${count}`)
  let isLost = true
  server.instead = (command, payload) => (isLost && command === 'fetch_messages' && payload.around_seq === 50 ? { data: undefined } : undefined)
  const other = madang.loadAround(YARD, 50)
  await settle()
  await (wanted === 1000 ? madang.jumpToLatest(YARD) : madang.loadAround(YARD, wanted))
  isLost = false
  await vi.advanceTimersByTimeAsync(60_000)
  await other
  expect(server.askedFor('fetch_messages').filter((one) => one.around_seq === 50)).toHaveLength(2)
  expect(texts(timeline())).toContain(`${wanted}`)
  expect(texts(timeline())).not.toContain('50')
})

test('whoever opens a conversation while a place in it is still coming comes to that place', async () => {
  server.unheard(() => {
    for (let count = 1; count <= 130; count++) server.say(ROOF, `${count}`)
  })
  await Promise.all([madang.loadAround(ROOF, 30), madang.openTimeline(ROOF)])
  expect(texts(madang.timelineOf(ROOF).get())).toContain('30')
  expect(texts(madang.timelineOf(ROOF).get())).not.toContain('130')
})
