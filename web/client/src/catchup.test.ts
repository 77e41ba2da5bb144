import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Madang } from './api.ts'
import { Refusal } from './testing/fakeSockets.ts'
import { ANA, BEN, conversation, FakeServer, message, YARD } from './testing/fakeServer.ts'
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

/** The server goes on without this client hearing of it. */
function unheard(work: () => void): void {
  server.isDeaf = true
  work()
  server.isDeaf = false
}

function heads(...ids: number[]): void {
  const all = Object.fromEntries(ids.map((id) => [id, server.head(id)]))
  server.sockets.pair.chat.deliver('heads', { epoch: server.epoch, account_version: server.account_version, heads: all })
}

test('a live message is shown, counted and announced', () => {
  server.say(YARD, 'hello')
  expect(texts(timeline())).toEqual(['hello'])
  expect(row()).toMatchObject({ unread: 1, head_seq: 1 })
  expect(heard).toEqual(['message_created 1'])
})

test('a gap is fetched once, after a moment, and nothing is shown out of order', async () => {
  unheard(() => server.say(YARD, 'one'))
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
  unheard(() => server.say(YARD, 'lost'))
  heads(YARD)
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
  heads(YARD, ROOF)
  await vi.advanceTimersByTimeAsync(1000)
  expect(server.asked.length).toBe(before)
})

test('a conversation that is not open is asked for its row when its messages were missed', async () => {
  unheard(() => server.say(ROOF, 'lost'))
  server.rows.set(ROOF, { ...server.rows.get(ROOF)!, unread: 1 })
  heads(ROOF)
  await vi.advanceTimersByTimeAsync(300)
  expect(row(ROOF)).toMatchObject({ head_seq: 1, unread: 1 })
  expect(server.askedFor('fetch_entries')).toHaveLength(0)
})

test('after a break everything is there, edits and deletions too, without announcements', async () => {
  server.say(YARD, 'one')
  server.say(YARD, 'two')
  server.cut()
  unheard(() => {
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
  unheard(() => server.say(YARD, 'one'))
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
  unheard(() => {
    for (let count = 1; count <= 60; count++) server.say(YARD, `${count}`)
  })
  await madang.loadAround(YARD, 60)
  unheard(() => server.append(YARD, 'message_edited', { target_seq: 60, text: 'edited', mentions: [], edited_at: 9 }))
  await madang.loadOlder(YARD)
  await vi.advanceTimersByTimeAsync(300)
  expect(texts(timeline()).at(-1)).toBe('edited')
})

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

test('a long absence loads the newest page instead of everything', async () => {
  server.say(YARD, 'old')
  server.cut()
  unheard(() => {
    for (let count = 1; count <= 700; count++) server.say(YARD, `missed ${count}`)
  })
  await vi.advanceTimersByTimeAsync(2000)
  expect(texts(timeline()).at(-1)).toBe('missed 700')
  expect(timeline()).toMatchObject({ more_before: true, more_after: false, known_seq: 701 })
  expect(server.askedFor('fetch_messages')).toHaveLength(2)
})

test('several pages of missed entries are all fetched', async () => {
  server.cut()
  unheard(() => {
    for (let count = 1; count <= 450; count++) server.say(YARD, `missed ${count}`)
  })
  await vi.advanceTimersByTimeAsync(2000)
  expect(timeline().items).toHaveLength(450)
  expect(server.askedFor('fetch_entries')).toHaveLength(3)
})

test('however many signs of a gap there are, it is fetched once at a time', async () => {
  unheard(() => server.say(YARD, 'one'))
  server.say(YARD, 'two')
  heads(YARD)
  await vi.advanceTimersByTimeAsync(190)
  unheard(() => server.say(YARD, 'three'))
  server.say(YARD, 'four')
  heads(YARD)
  server.say(YARD, 'five')
  await vi.advanceTimersByTimeAsync(1000)
  expect(texts(timeline())).toEqual(['one', 'two', 'three', 'four', 'five'])
  expect(server.askedFor('fetch_entries')).toHaveLength(1)
})

test('a gap that closes by itself asks nothing; what the beacon knew beyond it is fetched', async () => {
  unheard(() => server.say(YARD, 'one'))
  server.say(YARD, 'two')
  unheard(() => server.say(YARD, 'three'))
  heads(YARD)
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
  unheard(() => server.say(YARD, 'one'))
  server.say(YARD, 'two')
  await vi.advanceTimersByTimeAsync(250)
  for (let round = 0; round < 3; round++) {
    heads(YARD)
    await vi.advanceTimersByTimeAsync(250)
  }
  unheard(() => server.say(YARD, 'three'))
  for (let round = 0; round < 3; round++) {
    heads(YARD)
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
  unheard(() => {
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
  unheard(() => {
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
  unheard(() => server.say(YARD, 'two'))
  const ready = server.ready.bind(server)
  server.ready = () => ({ ...ready(), conversations: [server.rows.get(ROOF)!], more: true })
  server.instead = (command) => (command === 'list_conversations' ? { data: { conversations: [server.rows.get(ROOF)!] } } : undefined)
  await vi.advanceTimersByTimeAsync(2000)
  expect(texts(timeline())).toEqual(['one', 'two'])
  expect(row()?.head_seq).toBe(2)
})

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
  unheard(() => {
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
  unheard(() => server.say(ROOF, 'lost'))
  heads(ROOF)
  await vi.advanceTimersByTimeAsync(3000)
  expect(row(ROOF)?.head_seq).toBe(1)
})

test('a shorter log after a restored backup: nothing of the old one is taken for new', async () => {
  for (let count = 1; count <= 9; count++) server.say(YARD, `old ${count}`)
  madang.markRead(YARD, 9)
  server.cut()
  server.epoch = 'epoch-2'
  server.logs.set(YARD, [])
  server.rows.set(YARD, conversation(YARD))
  unheard(() => server.say(YARD, 'new 1'))
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
  unheard(() => server.say(YARD, 'after the restore'))
  await vi.advanceTimersByTimeAsync(2000)
  expect(texts(timeline())).toEqual(['after the restore'])
})

test('a conversation left behind by another device goes away, also when the event was lost', async () => {
  server.account_version = 3
  server.changes = [
    { version: 2, event: 'preferences_changed', data: { account_version: 2, conversation_id: YARD, preferences: { notify: 'all', pinned: true, archived: false } } },
    { version: 3, event: 'conversation_removed', data: { account_version: 3, conversation_id: ROOF } },
  ]
  heads()
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

test('paging goes back to the first message and forward to the last', async () => {
  unheard(() => {
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
  unheard(() => {
    server.append(ROOF, 'member_added', { account_id: ANA, role: 'member', by: 'admin' })
    server.say(ROOF, 'welcome')
    server.append(ROOF, 'conversation_changed', { title: 'Roof' })
  })
  await madang.openTimeline(ROOF)
  expect(texts(madang.timelineOf(ROOF).get())).toEqual(['(member_added)', 'welcome', '(conversation_changed)'])
})

test('a conversation with much unread opens at the first unread message', async () => {
  unheard(() => {
    for (let count = 1; count <= 300; count++) server.say(ROOF, `${count}`)
  })
  server.rows.set(ROOF, { ...server.rows.get(ROOF)!, read_seq: 100, unread: 200 })
  heads(ROOF)
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

test('a message in an unknown conversation brings its row', async () => {
  server.add(conversation(30))
  server.say(30, 'first words')
  await vi.advanceTimersByTimeAsync(300)
  expect(row(30)?.head_seq).toBe(1)
})

test('members are kept current by entries and receipts', async () => {
  const members = madang.membersOf(YARD)
  const stop = members.listen(() => undefined)
  await settle()
  server.append(YARD, 'role_changed', { account_id: BEN, role: 'admin', by: 'admin' })
  server.append(YARD, 'message_created', message(2, { sender_id: BEN }))
  expect(members.get()).toMatchObject([{ role: 'member' }, { role: 'admin', read_seq: 2 }])
  server.sockets.pair.chat.deliver('receipt', { conversation_id: YARD, account_id: BEN, read_seq: 1 })
  expect(members.get()?.[1]?.read_seq).toBe(2)
  server.sockets.pair.chat.deliver('receipt', { conversation_id: YARD, account_id: BEN, received_seq: 5 })
  expect(members.get()?.[1]).toMatchObject({ read_seq: 2, received_seq: 5 })
  server.append(YARD, 'member_removed', { account_id: BEN, role: 'member', by: 'admin' })
  expect(members.get()?.map((one) => one.account.id)).toEqual([ANA])
  stop()
})

test('marks that are heard while the members are asked for are not set back by the answer', async () => {
  const members = madang.membersOf(YARD)
  const stop = members.listen(() => undefined)
  server.sockets.pair.chat.deliver('receipt', { conversation_id: YARD, account_id: BEN, read_seq: 4 })
  server.append(YARD, 'message_created', message(1, { sender_id: ANA }))
  expect(members.get()).toBeUndefined()
  await settle()
  expect(members.get()).toMatchObject([{ read_seq: 1 }, { read_seq: 4, received_seq: 4 }])
  stop()
})

test('people are asked for together, and once', async () => {
  const stops = [5, 6, 7].map((id) => madang.accountOf(id).listen(() => undefined))
  await vi.advanceTimersByTimeAsync(50)
  expect(server.askedFor('get_accounts')).toEqual([{ account_ids: [5, 6, 7] }])
  expect(madang.accountOf(6).get()?.username).toBe('user6')
  for (const stop of stops) stop()
})

test('presence is watched while somebody looks, and again after a break', async () => {
  const stop = madang.presenceOf(BEN).listen(() => undefined)
  await vi.advanceTimersByTimeAsync(300)
  expect(madang.presenceOf(BEN).get()?.state).toBe('online')
  server.cut()
  await vi.advanceTimersByTimeAsync(2000)
  expect(server.askedFor('watch_presence')).toEqual([{ account_ids: [BEN] }, { account_ids: [BEN] }])
  stop()
  await vi.advanceTimersByTimeAsync(2000)
  expect(server.askedFor('watch_presence').at(-1)).toEqual({ account_ids: [] })
})
