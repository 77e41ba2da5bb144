import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Madang } from './api.ts'
import { conversation, FakeServer, YARD } from './testing/fakeServer.ts'
import { arrive, settle, texts } from './testing/people.ts'

const ROOF = 8
let server: FakeServer
let madang: Madang
let heard: string[]

beforeEach(async () => {
  vi.useFakeTimers()
  server = new FakeServer()
  server.add(conversation(YARD))
  server.add(conversation(ROOF))
  madang = await arrive(server)
  await madang.openTimeline(YARD)
  heard = []
  madang.arrivals((entry) => heard.push(`${entry.kind} ${entry.seq}`))
})

afterEach(() => {
  madang.stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const timeline = () => madang.timelineOf(YARD).get()
const row = (id = YARD) => madang.conversationOf(id).get()

test('a live message is shown, counted and announced', () => {
  server.say(YARD, 'hello')
  expect(texts(timeline())).toEqual(['hello'])
  expect(row()).toMatchObject({ unread: 1, head_seq: 1 })
  expect(heard).toEqual(['message_created 1'])
})

test('a gap is fetched once, after a moment, and nothing is shown out of order', async () => {
  server.unheard(() => server.say(YARD, 'one'))
  server.say(YARD, 'two')
  server.say(YARD, 'three')
  expect(texts(timeline())).toEqual([])
  await vi.advanceTimersByTimeAsync(150)
  expect(server.askedFor('fetch_entries')).toHaveLength(0)
  await vi.advanceTimersByTimeAsync(100)
  expect(texts(timeline())).toEqual(['one', 'two', 'three'])
  expect(server.askedFor('fetch_entries')).toHaveLength(1)
})

test('the last message, lost without a trace, is found by the beacon', async () => {
  server.unheard(() => server.say(YARD, 'lost'))
  server.tellHeads(YARD)
  await vi.advanceTimersByTimeAsync(300)
  expect(texts(timeline())).toEqual(['lost'])
})

test('one’s own message whose entry was lost is fetched, because its answer tells its place', async () => {
  server.isDeaf = true
  madang.send(YARD, { text: 'mine' })
  madang.send(ROOF, { text: 'mine too' })
  await settle()
  server.isDeaf = false
  server.rows.set(ROOF, { ...server.rows.get(ROOF)!, head_seq: 1 })
  await vi.advanceTimersByTimeAsync(300)
  expect(texts(timeline())).toEqual(['mine'])
  expect(timeline().known_seq).toBe(1)
  expect(row()?.head_seq).toBe(1)
  expect(row(ROOF)?.head_seq).toBe(1)
  const before = server.asked.length
  madang.send(YARD, { text: 'heard' })
  await vi.advanceTimersByTimeAsync(1000)
  expect(server.asked.slice(before).map(({ command }) => command)).toEqual(['send_message'])
})

test('a beacon that says nothing new asks nothing', async () => {
  server.say(YARD, 'one')
  const before = server.asked.length
  server.tellHeads(YARD, ROOF)
  await vi.advanceTimersByTimeAsync(1000)
  expect(server.asked.length).toBe(before)
})

test('a conversation that is not open is asked for its row when its messages were missed', async () => {
  server.unheard(() => server.say(ROOF, 'lost'))
  server.rows.set(ROOF, { ...server.rows.get(ROOF)!, unread: 1 })
  server.tellHeads(ROOF)
  await vi.advanceTimersByTimeAsync(300)
  expect(row(ROOF)).toMatchObject({ head_seq: 1, unread: 1 })
  expect(server.askedFor('fetch_entries')).toHaveLength(0)
})

test('after a break everything is there, edits and deletions too, without announcements', async () => {
  server.say(YARD, 'one')
  server.say(YARD, 'two')
  server.cut()
  server.unheard(() => {
    server.say(YARD, 'three')
    server.append(YARD, 'message_edited', { target_seq: 1, text: 'one, edited', mentions: [], edited_at: 5 })
    server.append(YARD, 'message_deleted', { target_seq: 2 })
  })
  const states: string[] = []
  madang.connection.listen((now) => states.push(now.state))
  await vi.advanceTimersByTimeAsync(2000)
  expect(texts(timeline())).toEqual(['one, edited', '', 'three'])
  expect(states).toEqual(['connecting', 'catching-up', 'online'])
  expect(heard).toEqual(['message_created 1', 'message_created 2'])
})

test('catching up lasts until no loaded conversation has a gap', async () => {
  server.cut()
  server.unheard(() => server.say(YARD, 'one'))
  server.instead = (command) => (command === 'fetch_entries' ? { data: undefined } : undefined)
  await vi.advanceTimersByTimeAsync(3000)
  expect(madang.connection.get().state).toBe('catching-up')
  server.instead = () => undefined
  await vi.advanceTimersByTimeAsync(20_000)
  expect(madang.connection.get().state).toBe('online')
  expect(texts(timeline())).toEqual(['one'])
})

test('what is replayed before the server says ready is no news', async () => {
  server.cut()
  const { chat } = server.sockets.pair
  const welcome = chat.onConnect
  chat.onConnect = () => {
    chat.connected = true
    server.say(YARD, 'replayed')
    welcome()
  }
  await vi.advanceTimersByTimeAsync(2000)
  expect(texts(timeline())).toEqual(['replayed'])
  expect(heard).toEqual([])
  server.say(YARD, 'news')
  expect(heard).toEqual(['message_created 2'])
})

test('a page that is newer than what was heard brings the rest', async () => {
  server.unheard(() => {
    for (let count = 1; count <= 60; count++) server.say(YARD, `${count}`)
  })
  await madang.loadAround(YARD, 60)
  server.unheard(() => server.append(YARD, 'message_edited', { target_seq: 60, text: 'edited', mentions: [], edited_at: 9 }))
  await madang.loadOlder(YARD)
  await vi.advanceTimersByTimeAsync(300)
  expect(texts(timeline()).at(-1)).toBe('edited')
})

test('a long absence loads the newest page instead of everything', async () => {
  server.say(YARD, 'old')
  server.cut()
  server.unheard(() => {
    for (let count = 1; count <= 700; count++) server.say(YARD, `missed ${count}`)
  })
  await vi.advanceTimersByTimeAsync(2000)
  expect(texts(timeline()).at(-1)).toBe('missed 700')
  expect(timeline()).toMatchObject({ more_before: true, more_after: false, known_seq: 701 })
  expect(server.askedFor('fetch_messages')).toHaveLength(2)
})

test('several pages of missed entries are all fetched', async () => {
  server.cut()
  server.unheard(() => {
    for (let count = 1; count <= 450; count++) server.say(YARD, `missed ${count}`)
  })
  await vi.advanceTimersByTimeAsync(2000)
  expect(timeline().items).toHaveLength(450)
  expect(server.askedFor('fetch_entries')).toHaveLength(3)
})

test('however many signs of a gap there are, it is fetched once at a time', async () => {
  server.unheard(() => server.say(YARD, 'one'))
  server.say(YARD, 'two')
  server.tellHeads(YARD)
  await vi.advanceTimersByTimeAsync(190)
  server.unheard(() => server.say(YARD, 'three'))
  server.say(YARD, 'four')
  server.tellHeads(YARD)
  server.say(YARD, 'five')
  await vi.advanceTimersByTimeAsync(1000)
  expect(texts(timeline())).toEqual(['one', 'two', 'three', 'four', 'five'])
  expect(server.askedFor('fetch_entries')).toHaveLength(1)
})

test('a gap that closes by itself asks nothing; what the beacon knew beyond it is fetched', async () => {
  server.unheard(() => server.say(YARD, 'one'))
  server.say(YARD, 'two')
  server.unheard(() => server.say(YARD, 'three'))
  server.tellHeads(YARD)
  server.deliver(server.log(YARD)[0]!)
  expect(texts(timeline())).toEqual(['one', 'two'])
  await vi.advanceTimersByTimeAsync(300)
  expect(texts(timeline())).toEqual(['one', 'two', 'three'])
})

test('several questions about one gap wait for the one that is on its way', async () => {
  let answer: (() => void) | undefined
  const chat = server.sockets.pair.chat
  const real = chat.timeout.bind(chat)
  chat.timeout = (ms) => ({
    emitWithAck: async (command: string, payload: unknown) => {
      const reply = await real(ms).emitWithAck(command, payload)
      if (command === 'fetch_entries') await new Promise<void>((resolve) => (answer = resolve))
      return reply
    },
  })
  server.unheard(() => server.say(YARD, 'one'))
  server.say(YARD, 'two')
  await vi.advanceTimersByTimeAsync(250)
  for (let round = 0; round < 3; round++) {
    server.tellHeads(YARD)
    await vi.advanceTimersByTimeAsync(250)
  }
  server.unheard(() => server.say(YARD, 'three'))
  for (let round = 0; round < 3; round++) {
    server.tellHeads(YARD)
    await vi.advanceTimersByTimeAsync(250)
  }
  expect(server.askedFor('fetch_entries')).toHaveLength(1)
  answer?.()
  await settle()
  expect(texts(timeline())).toEqual(['one', 'two'])
  expect(server.askedFor('fetch_entries')).toHaveLength(2)
  answer?.()
  await settle()
  expect(texts(timeline())).toEqual(['one', 'two', 'three'])
  expect(server.askedFor('fetch_entries')).toHaveLength(2)
})

test('an entry of an unknown kind has its place: no gap, nothing shown', async () => {
  server.say(YARD, 'one')
  server.append(YARD, 'weather_changed' as 'message_created', {} as never)
  server.say(YARD, 'three')
  expect(texts(timeline())).toEqual(['one', 'three'])
  expect(timeline().known_seq).toBe(3)
  expect(row()?.head_seq).toBe(3)
  await vi.advanceTimersByTimeAsync(1000)
  expect(server.askedFor('fetch_entries')).toHaveLength(0)
})

test('entries that come twice, late, or about messages that are not loaded change nothing else', async () => {
  server.unheard(() => {
    for (let count = 1; count <= 120; count++) server.say(YARD, `${count}`)
  })
  server.cut()
  await vi.advanceTimersByTimeAsync(2000)
  madang.stop()
  madang = await arrive(server)
  await madang.openTimeline(YARD)
  const first = timeline().items.length
  server.append(YARD, 'message_edited', { target_seq: 2, text: 'edited', mentions: [], edited_at: 5 })
  server.append(YARD, 'reaction_added', { target_seq: 3, emoji: '🌱' })
  server.append(YARD, 'reaction_added', { target_seq: 120, emoji: '🌱' })
  server.append(YARD, 'message_deleted', { target_seq: 4 })
  for (const line of server.log(YARD).slice(-6).reverse()) server.deliver(line)
  expect(timeline().items).toHaveLength(first)
  expect(timeline().known_seq).toBe(124)
  expect(timeline().items.at(-1)).toMatchObject({ message: { reactions: [{ emoji: '🌱', count: 1 }] } })
  while (timeline().more_before) await madang.loadOlder(YARD)
  expect(texts(timeline()).slice(0, 4)).toEqual(['1', 'edited', '3', ''])
})

test('recovered by the server: what is replayed before ready is shown once, and nothing is asked for', async () => {
  server.say(YARD, 'one')
  server.cut()
  const { chat } = server.sockets.pair
  server.unheard(() => {
    server.say(YARD, 'two')
    server.append(YARD, 'message_edited', { target_seq: 1, text: 'one, edited', mentions: [], edited_at: 5 })
    server.append(YARD, 'reaction_added', { target_seq: 2, emoji: '🌱' })
  })
  const ready = server.ready.bind(server)
  server.ready = () => ({ ...ready(), recovered: true })
  const welcome = chat.onConnect
  chat.onConnect = () => {
    chat.connected = true
    // With several workers an entry of the last two seconds may come again.
    for (const line of server.log(YARD)) server.deliver(line)
    welcome()
  }
  const before = server.asked.length
  await vi.advanceTimersByTimeAsync(2000)
  expect(texts(timeline())).toEqual(['one, edited', 'two'])
  expect(timeline().items[1]).toMatchObject({ message: { reactions: [{ count: 1 }] } })
  expect(row()).toMatchObject({ head_seq: 4 })
  expect(server.asked.slice(before).filter(({ command }) => command.startsWith('fetch'))).toEqual([])
  expect(heard).toEqual(['message_created 1'])
})

test('a conversation beyond the first rows of ready is caught up too', async () => {
  server.say(YARD, 'one')
  server.cut()
  server.unheard(() => server.say(YARD, 'two'))
  const ready = server.ready.bind(server)
  server.ready = () => ({ ...ready(), conversations: [server.rows.get(ROOF)!], more: true })
  server.instead = (command) => (command === 'list_conversations' ? { data: { conversations: [server.rows.get(ROOF)!] } } : undefined)
  await vi.advanceTimersByTimeAsync(2000)
  expect(texts(timeline())).toEqual(['one', 'two'])
  expect(row()?.head_seq).toBe(2)
})

test('a shorter log after a restored backup: nothing of the old one is taken for new', async () => {
  for (let count = 1; count <= 9; count++) server.say(YARD, `old ${count}`)
  madang.markRead(YARD, 9)
  server.cut()
  server.epoch = 'epoch-2'
  server.logs.set(YARD, [])
  server.rows.set(YARD, conversation(YARD))
  server.unheard(() => server.say(YARD, 'new 1'))
  await vi.advanceTimersByTimeAsync(2000)
  expect(texts(timeline())).toEqual(['new 1'])
  expect(row()?.read_seq).toBe(0)
  server.say(YARD, 'new 2')
  expect(texts(timeline())).toEqual(['new 1', 'new 2'])
  expect(row()).toMatchObject({ head_seq: 2 })
  expect(heard.at(-1)).toBe('message_created 2')
})

test('another epoch means other messages: the timeline is loaded anew', async () => {
  server.say(YARD, 'before the restore')
  server.cut()
  server.epoch = 'epoch-2'
  server.logs.set(YARD, [])
  server.rows.set(YARD, conversation(YARD))
  server.unheard(() => server.say(YARD, 'after the restore'))
  await vi.advanceTimersByTimeAsync(2000)
  expect(texts(timeline())).toEqual(['after the restore'])
})
