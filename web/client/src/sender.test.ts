import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Madang } from './api.ts'
import { MemoryStorage, type OutboxStorage } from './outboxDb.ts'
import { ANA, conversation, type FakeServer, YARD } from './testing/fakeServer.ts'
import { Refusal } from './testing/fakeSockets.ts'
import { arrive, leave, openYard, settle, texts } from './testing/people.ts'

const ROOF = 8
const DAY_MS = 86_400_000
let server: FakeServer
let madang: Madang

beforeEach(async () => {
  [server, madang] = await openYard()
})

afterEach(() => leave(madang))

const timeline = () => madang.timelineOf(YARD).get()
const stored = () => server.messages(YARD).map((one) => one.text)

test('a message shows at once and yields to its stored twin without a new key', async () => {
  const seen: string[][] = []
  const keys = new Set<string>()
  const stop = madang.timelineOf(YARD).listen((now) => {
    seen.push(texts(now))
    for (const item of now.items) keys.add(item.key)
  })
  madang.send(YARD, { text: 'hello' })
  expect(texts(timeline())).toEqual(['hello [sending]'])
  await settle()
  stop()
  expect(texts(timeline())).toEqual(['hello'])
  expect(timeline().known_seq).toBe(1)
  expect(keys.size).toBe(1)
  expect(seen.every((lines) => lines.length === 1)).toBe(true)
})

test('what is written in a row is stored in that order', async () => {
  for (const text of ['one', 'two', 'three', 'four']) madang.send(YARD, { text })
  await settle()
  expect(stored()).toEqual(['one', 'two', 'three', 'four'])
  expect(texts(timeline())).toEqual(['one', 'two', 'three', 'four'])
})

test('what is written without a connection waits for it', async () => {
  server.cut()
  madang.send(YARD, { text: 'later' })
  expect(texts(timeline())).toEqual(['later [waiting]'])
  await vi.advanceTimersByTimeAsync(2000)
  expect(stored()).toEqual(['later'])
  expect(texts(timeline())).toEqual(['later'])
})

test('an answer that is lost with the connection is asked for again under the same label', async () => {
  server.add(conversation(ROOF))
  server.isMute = true
  server.isDeaf = true
  madang.send(ROOF, { text: 'once' })
  await settle()
  server.isMute = false
  server.isDeaf = false
  server.cut()
  await vi.advanceTimersByTimeAsync(2000)
  const labels = server.askedFor('send_message').map((payload) => payload.client_id)
  expect(labels).toHaveLength(2)
  expect(new Set(labels).size).toBe(1)
  expect(server.messages(ROOF).map((one) => one.text)).toEqual(['once'])
  expect(madang.timelineOf(ROOF).get().items).toEqual([])
})

test('no answer on a living connection is asked again after a while', async () => {
  server.isMute = true
  server.isDeaf = true
  madang.send(YARD, { text: 'once' })
  await vi.advanceTimersByTimeAsync(10_500)
  expect(texts(timeline())).toEqual(['once [waiting]'])
  server.isMute = false
  await vi.advanceTimersByTimeAsync(2000)
  expect(stored()).toEqual(['once'])
})

test('the twin alone is answer enough', async () => {
  server.isMute = true
  madang.send(YARD, { text: 'once' })
  await settle()
  expect(texts(timeline())).toEqual(['once'])
  await vi.advanceTimersByTimeAsync(60_000)
  expect(server.askedFor('send_message')).toHaveLength(1)
})

test('a busy server is asked again, and nothing overtakes', async () => {
  let refusals = 2
  server.instead = (command) => {
    if (command === 'send_message' && refusals-- > 0) throw new Refusal('busy', true)
    return undefined
  }
  madang.send(YARD, { text: 'one' })
  madang.send(YARD, { text: 'two' })
  await settle()
  expect(texts(timeline())).toEqual(['one [waiting]', 'two [sending]'])
  await vi.advanceTimersByTimeAsync(4000)
  expect(stored()).toEqual(['one', 'two'])
})

test('a refusal shows with its reason, counts in the list, and can be tried again or thrown away', async () => {
  server.instead = (command, payload) => {
    if (command === 'send_message' && payload.text === 'no') throw new Refusal('forbidden')
    return undefined
  }
  madang.send(YARD, { text: 'no' })
  madang.send(YARD, { text: 'yes' })
  await settle()
  expect(stored()).toEqual(['yes'])
  expect(texts(timeline())).toEqual(['yes', 'no [failed]'])
  expect(madang.conversationOf(YARD).get()?.not_sent).toBe(1)
  const failed = timeline().items[1]!
  expect(failed).toMatchObject({ error: { code: 'forbidden' } })

  server.instead = () => undefined
  madang.retry(YARD, failed.key)
  await settle()
  expect(stored()).toEqual(['yes', 'no'])
  expect(madang.conversationOf(YARD).get()?.not_sent).toBe(0)
})

test('a failed message that is thrown away is gone, from the disk too', async () => {
  madang.stop()
  const storage = new MemoryStorage()
  madang = await arrive(server, storage)
  await madang.openTimeline(YARD)
  server.instead = (command) => {
    if (command === 'send_message') throw new Refusal('forbidden')
    return undefined
  }
  madang.send(YARD, { text: 'no' })
  await settle()
  madang.discard(YARD, timeline().items[0]!.key)
  expect(timeline().items).toEqual([])
  await settle()
  await expect(storage.all()).resolves.toEqual([])
})

test('a reload sends what waited, once, in order, and nothing of another account', async () => {
  const storage = new MemoryStorage()
  madang.stop()
  server.down = true
  const before = await arrive(server, storage)
  before.send(YARD, { text: 'one' })
  before.send(YARD, { text: 'two' })
  await storage.put({ client_id: 'someone-elses', account_id: 99, conversation_id: YARD, text: 'not mine', files: [], unfinished_uploads: 0, queued_at: 0, tab: 'x' })
  await settle()
  before.stop()

  server.down = false
  madang = await arrive(server, storage)
  await settle()
  expect(stored()).toEqual(['one', 'two'])
  expect((await storage.all()).map((item) => item.text)).toEqual(['not mine'])
})

test('a reload in the middle of a send, and a day before the next visit: asked again under the same label, stored once', async () => {
  const storage = new MemoryStorage()
  madang.stop()
  server.add(conversation(ROOF))
  const before = await arrive(server, storage)
  server.isMute = server.isDeaf = true
  before.send(ROOF, { text: 'stored, but who knows' })
  before.send(ROOF, { text: 'never left' })
  await settle()
  before.stop()

  server.isMute = server.isDeaf = false
  await vi.advanceTimersByTimeAsync(DAY_MS)
  madang = await arrive(server, storage)
  await settle()
  const [first, again, second] = server.askedFor('send_message')
  expect(again).toEqual(first)
  expect(second).toMatchObject({ text: 'never left' })
  expect(server.messages(ROOF).map((one) => one.text)).toEqual(['stored, but who knows', 'never left'])
  await expect(storage.all()).resolves.toEqual([])
  await madang.openTimeline(ROOF)
  expect(texts(madang.timelineOf(ROOF).get())).toEqual(['stored, but who knows', 'never left'])
})

test('a refusal in the middle of a queue fails alone; after a reload it still says why, and can be tried again', async () => {
  const storage = new MemoryStorage()
  madang.stop()
  const before = await arrive(server, storage)
  server.instead = (command, payload) => {
    if (command === 'send_message' && payload.text === 'two') throw new Refusal('too_large')
    return undefined
  }
  for (const text of ['one', 'two', 'three']) before.send(YARD, { text })
  await settle()
  before.stop()
  expect(stored()).toEqual(['one', 'three'])

  madang = await arrive(server, storage)
  await madang.openTimeline(YARD)
  expect(texts(timeline())).toEqual(['one', 'three', 'two [failed]'])
  expect(timeline().items[2]).toMatchObject({ error: { code: 'too_large', retryable: false } })
  server.instead = () => undefined
  madang.retry(YARD, timeline().items[2]!.key)
  await settle()
  expect(stored()).toEqual(['one', 'three', 'two'])
})

test('the server says when to come again, and nothing of that conversation goes before', async () => {
  server.add(conversation(ROOF))
  let refusals = 1
  server.instead = (command, { conversation_id }) => {
    if (command === 'send_message' && conversation_id === YARD && refusals-- > 0) throw new Refusal('rate_limited', true, 7000)
    return undefined
  }
  madang.send(YARD, { text: 'one' })
  madang.send(YARD, { text: 'two' })
  madang.send(ROOF, { text: 'elsewhere' })
  await vi.advanceTimersByTimeAsync(6900)
  expect(stored()).toEqual([])
  expect(server.messages(ROOF)).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(200)
  expect(stored()).toEqual(['one', 'two'])
})

test('a clock that went back between two visits changes no order', async () => {
  const storage = new MemoryStorage()
  madang.stop()
  server.down = true
  const before = await arrive(server, storage)
  before.send(YARD, { text: 'one' })
  before.send(YARD, { text: 'two' })
  await settle()
  before.stop()

  vi.setSystemTime(Date.now() - DAY_MS)
  const all = storage.all.bind(storage)
  let read = (): void => undefined
  storage.all = () => new Promise((resolve) => (read = () => resolve(all())))
  const between = await arrive(server, storage)
  // While the disk is still being read.
  between.send(YARD, { text: 'three' })
  await settle()
  read()
  await settle()
  between.send(YARD, { text: 'four' })
  await settle()
  between.stop()
  storage.all = all
  expect((await all()).map(({ text }) => text)).toEqual(['one', 'two', 'three', 'four'])

  const again = await arrive(server, storage)
  again.send(YARD, { text: 'five' })
  await settle()
  again.stop()
  server.down = false
  madang = await arrive(server, storage)
  await settle()
  expect(stored()).toEqual(['one', 'two', 'three', 'four', 'five'])
})

test('nothing overtakes what waits on a disk that is slower than the connection', async () => {
  const storage = new MemoryStorage()
  madang.stop()
  server.down = true
  const before = await arrive(server, storage)
  before.send(YARD, { text: 'one' })
  await settle()
  before.stop()

  server.down = false
  const all = storage.all.bind(storage)
  const read: (() => void)[] = []
  storage.all = () => new Promise((resolve) => read.push(() => resolve(all())))
  madang = await arrive(server, storage)
  madang.send(YARD, { text: 'two' })
  await settle()
  expect(stored()).toEqual([])
  for (const go of read) go()
  await settle()
  expect(stored()).toEqual(['one', 'two'])
})

test('a disk that stops answering does not stop what waits', async () => {
  const storage = new MemoryStorage()
  madang.stop()
  madang = await arrive(server, storage)
  server.cut()
  madang.send(YARD, { text: 'one' })
  await settle()
  storage.has = () => new Promise(() => undefined)
  await vi.advanceTimersByTimeAsync(5000)
  expect(stored()).toEqual(['one'])
})

describe('a disk that does not work', () => {
  const broken = (work: () => Promise<never>): OutboxStorage => ({ all: work, put: work, delete: work, has: work })
  const silent = vi.spyOn(console, 'warn').mockImplementation(() => undefined)

  test.each([
    ['refuses', () => Promise.reject(new Error('QuotaExceededError'))],
    ['never answers', () => new Promise<never>(() => undefined)],
  ])('%s: messages go as long as the page is open', async (_, work) => {
    madang.stop()
    madang = await arrive(server, broken(work))
    await madang.openTimeline(YARD)
    for (const text of ['one', 'two', 'three']) madang.send(YARD, { text })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(stored()).toEqual(['one', 'two', 'three'])
    expect(texts(timeline())).toEqual(['one', 'two', 'three'])
    server.cut()
    madang.send(YARD, { text: 'four' })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(stored()).toHaveLength(4)
    silent.mockClear()
  })
})

test('what was written to a group one was taken out of fails, holds up nothing, and is there when one is back', async () => {
  server.add(conversation(ROOF))
  server.down = true
  server.cut()
  madang.send(YARD, { text: 'too late' })
  madang.send(ROOF, { text: 'elsewhere' })
  const row = server.rows.get(YARD)!
  server.rows.delete(YARD)
  server.instead = (command, { conversation_id }) => {
    if (command === 'send_message' && conversation_id === YARD && !server.rows.has(YARD)) throw new Refusal('not_found')
    return undefined
  }
  server.down = false
  await vi.advanceTimersByTimeAsync(5000)
  expect(server.messages(ROOF)).toHaveLength(1)
  expect(madang.conversationOf(YARD).get()).toBeUndefined()

  server.rows.set(YARD, row)
  server.cut()
  await vi.advanceTimersByTimeAsync(2000)
  expect(madang.conversationOf(YARD).get()?.not_sent).toBe(1)
  await madang.openTimeline(YARD)
  madang.retry(YARD, timeline().items[0]!.key)
  await settle()
  expect(stored()).toEqual(['too late'])
})

test('while older messages are on the screen, writing goes to the latest', async () => {
  for (let count = 0; count < 200; count++) server.say(YARD, `old ${count}`)
  await madang.loadAround(YARD, 20)
  expect(timeline().more_after).toBe(true)
  madang.send(YARD, { text: 'now' })
  await settle()
  expect(timeline().more_after).toBe(false)
  expect(texts(timeline()).at(-1)).toBe('now')
})

test('a conversation that is let go holds nothing that was sent', async () => {
  madang.send(YARD, { text: 'sent' })
  await settle()
  for (const id of [20, 21, 22]) {
    server.add(conversation(id))
    await madang.openTimeline(id)
  }
  expect(timeline()).toMatchObject({ state: 'empty', items: [] })
})

test('a reply carries the place of what it answers', async () => {
  const first = server.say(YARD, 'question')
  madang.send(YARD, { text: 'answer', ...(first.kind === 'message_created' && { reply_to: first.data }) })
  expect(timeline().items[1]).toMatchObject({ message: { reply_to: { seq: 1, excerpt: 'question' }, sender_id: ANA } })
  await settle()
  expect(server.askedFor('send_message')[0]).toMatchObject({ reply_to_seq: 1 })
})
