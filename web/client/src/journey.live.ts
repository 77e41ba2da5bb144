/** The client core against a running server, at MADANG_TEST_URL: people, a group, and a link that breaks. */
import type { ReadableAtom } from 'nanostores'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Madang } from './api.ts'
import { createMadang } from './madang.ts'
import { randomId } from './randomId.ts'
import { makeSockets, type SocketPair } from './sockets.ts'
import { texts } from './testing/people.ts'

const url = process.env.MADANG_TEST_URL ?? ''
const tag = randomId(6).toLowerCase().replace(/[^a-z0-9]/g, 'x')
const links = new Map<Madang, SocketPair>()
let ana: Madang
let ben: Madang

/** Resolves when the store says so; the test's own timeout is the limit. */
function until<Value>(store: ReadableAtom<Value>, isRight: (value: Value) => boolean): Promise<Value> {
  return new Promise((resolve) => {
    const stop = store.subscribe((value) => {
      if (!isRight(value)) return
      queueMicrotask(() => stop())
      resolve(value)
    })
  })
}

async function person(name: string): Promise<Madang> {
  let pair: SocketPair | undefined
  const madang = createMadang({ url }, { makeSockets: (...about) => (pair = makeSockets(...about)) })
  links.set(madang, pair!)
  await madang.createAccount({ username: `${name}.${tag}`, password: 'a long enough word', display_name: name })
  await until(madang.connection, ({ state }) => state === 'online')
  return madang
}

const idOf = (madang: Madang): number => madang.me.get()!.id
const shows = (madang: Madang, id: number, ...lines: string[]) =>
  until(madang.timelineOf(id), (timeline) => JSON.stringify(texts(timeline).filter((line) => !line.startsWith('('))) === JSON.stringify(lines))

beforeAll(async () => {
  ana = await person('ana')
  ben = await person('ben')
})

afterAll(() => {
  ana.stop()
  ben.stop()
})

test('two people find each other and talk, with marks, typing and presence', async () => {
  const found = await ana.findPeople(`ben.${tag}`)
  expect(found.map((one) => one.display_name)).toEqual(['ben'])
  const { id } = await ana.openDirect(idOf(ben))
  await ana.openTimeline(id)
  for (const text of ['hello', 'are you there?', 'three']) ana.send(id, { text })
  await until(ben.conversationOf(id), (row) => row?.unread === 3)
  await ben.openTimeline(id)
  await shows(ben, id, 'hello', 'are you there?', 'three')
  await shows(ana, id, 'hello', 'are you there?', 'three')

  const members = ana.membersOf(id)
  const stop = members.listen(() => undefined)
  ben.markRead(id, 3)
  expect(ben.conversationOf(id).get()?.unread).toBe(0)
  await until(members, (all) => all?.find((one) => one.account.id === idOf(ben))?.read_seq === 3)
  stop()

  ben.typing(id)
  await until(ana.typingIn(id), (who) => who.includes(idOf(ben)))
  await until(ana.presenceOf(idOf(ben)), (presence) => presence?.state === 'online')
})

test('a group: replies, reactions, edits, deletions and mentions are the same for everybody', async () => {
  const { id } = await ana.createGroup('Roof', [idOf(ben)])
  await until(ben.conversationOf(id), (row) => row !== undefined)
  await Promise.all([ana.openTimeline(id), ben.openTimeline(id)])
  ana.send(id, { text: `@ben.${tag} look at the roof` })
  await shows(ben, id, `@ben.${tag} look at the roof`)
  expect(ben.conversationOf(id).get()).toMatchObject({ unread: 1, mentions: 1 })
  await until(ben.notifications.counts, ({ unread }) => unread > 0)

  const first = ben.timelineOf(id).get().items.findLast((item) => item.kind === 'message')!
  if (first.kind !== 'message') throw new Error('The mention is missing.')
  const { seq } = first.message
  ben.send(id, { text: 'I see', reply_to: first.message })
  await ben.react(id, seq, '🌱', true)
  await ana.edit(id, seq, 'look at the new roof')
  await shows(ben, id, 'look at the new roof', 'I see')
  await until(ana.timelineOf(id), ({ items }) =>
    items.some((item) => item.kind === 'message' && item.message.seq === seq && item.message.reactions[0]?.count === 1),
  )
  await ana.remove(id, seq)
  await shows(ben, id, '', 'I see')

  await ben.notifications.load('all')
  expect(ben.notifications.items.get()?.some((one) => one.conversation_id === id)).toBe(true)
  const live = ben.timelineOf(id).get().items
  const fresh = createMadang({ url, token: await tokenOf('ben') })
  await fresh.start()
  await fresh.openTimeline(id)
  const plain = (items: typeof live) => items.map((item) => JSON.parse(JSON.stringify(item, (key, value: unknown) => (key === 'as_of' ? undefined : value))) as unknown)
  expect(plain(fresh.timelineOf(id).get().items)).toEqual(plain(live))
  fresh.stop()
})

test('what is written and said during a break is there afterwards, once and in order', async () => {
  const { id } = await ana.openDirect(idOf(ben))
  await Promise.all([ana.openTimeline(id), ben.openTimeline(id)])
  const before = texts(ana.timelineOf(id).get())
  links.get(ben)!.drop()
  ana.send(id, { text: 'while you were away' })
  await shows(ana, id, ...before, 'while you were away')
  ben.send(id, { text: 'back' })
  ben.reconnectNow()
  await shows(ben, id, ...before, 'while you were away', 'back')
  await shows(ana, id, ...before, 'while you were away', 'back')
})

test('recovered by the server: what was missed is replayed, and shown as somebody new sees it', async () => {
  const { id } = await ana.createGroup('Recovered', [idOf(ben)])
  await until(ben.conversationOf(id), (row) => row !== undefined)
  await Promise.all([ana.openTimeline(id), ben.openTimeline(id)])
  ana.send(id, { text: 'one' })
  ana.send(id, { text: 'two' })
  await shows(ben, id, 'one', 'two')
  const seqs = ben.timelineOf(id).get().items.flatMap((item) => (item.kind === 'message' ? [item.message.seq] : []))

  links.get(ben)!.drop()
  await ana.edit(id, seqs[0]!, 'one, edited')
  await ana.react(id, seqs[0]!, '🌱', true)
  await ana.remove(id, seqs[1]!)
  ana.send(id, { text: 'three' })
  await shows(ana, id, 'one, edited', '', 'three')
  ben.reconnectNow()
  await shows(ben, id, 'one, edited', '', 'three')
  await until(ben.connection, ({ state }) => state === 'online')
  expect((links.get(ben)!.chat as unknown as { recovered: boolean }).recovered).toBe(true)

  const fresh = createMadang({ url, token: await tokenOf('ben') })
  await fresh.start()
  await fresh.openTimeline(id)
  const shown = (madang: Madang) => madang.timelineOf(id).get().items.map((item) => (item.kind === 'message' ? { ...item.message } : item.entry))
  expect(shown(ben)).toEqual(shown(fresh))
  fresh.stop()
})

test('a long conversation is paged back to the first message', async () => {
  const { id } = await ana.createGroup('Long', [idOf(ben)])
  await ana.openTimeline(id)
  const words = Array.from({ length: 70 }, (_, count) => `line ${count}`)
  for (const text of words) ana.send(id, { text })
  await shows(ana, id, ...words)
  const fresh = createMadang({ url, token: await tokenOf('ben') })
  await fresh.start()
  await until(fresh.conversationOf(id), (row) => row !== undefined)
  await fresh.jumpToLatest(id)
  while (fresh.timelineOf(id).get().more_before) await fresh.loadOlder(id)
  await shows(fresh, id, ...words)
  expect(fresh.timelineOf(id).get().items[0]?.kind).toBe('system')
  fresh.stop()
})

test('a picture is uploaded, sent and can be fetched by the other', async () => {
  const { id } = await ana.openDirect(idOf(ben))
  await ana.openTimeline(id)
  const upload = ana.upload(new File(['some words in a file'], 'words.txt', { type: 'text/plain' }))
  ana.send(id, { text: 'a file', uploads: [upload] })
  const stored = await until(upload.progress, ({ state }) => state !== 'uploading')
  expect(stored).toMatchObject({ state: 'done', stored: { name: 'words.txt', size_bytes: 20 } })
  await ben.openTimeline(id)
  const { items } = await until(ben.timelineOf(id), (timeline) => texts(timeline).at(-1) === 'a file')
  const last = items.at(-1)!
  if (last.kind !== 'message') throw new Error('The file is missing.')
  const answer = await fetch(ben.fileUrl(last.message.attachments[0]!.url), { headers: { Authorization: `Bearer ${await tokenOf('ben')}` } })
  expect(await answer.text()).toBe('some words in a file')
})

test('preferences, devices and names are shared by a person, and ending a session signs it out', async () => {
  const other = createMadang({ url })
  await other.signIn({ username: `ana.${tag}`, password: 'a long enough word' })
  await until(other.connection, ({ state }) => state === 'online')
  const { id } = await ana.openDirect(idOf(ben))
  await ana.setPreferences(id, { pinned: true })
  await until(other.conversations, (rows) => rows[0]?.id === id && rows[0].preferences.pinned)
  await ana.changeMe({ display_name: 'Ana of the yard' })
  await until(other.me, (account) => account?.display_name === 'Ana of the yard')
  await ana.endOtherSessions()
  await until(other.session, ({ state }) => state === 'signed-out')
  expect((await ana.sessions()).filter((one) => one.current)).toHaveLength(1)
  other.stop()
})

test('leaving takes the conversation away, and what follows stays unheard', async () => {
  const { id } = await ana.createGroup('Short', [idOf(ben)])
  await until(ben.conversationOf(id), (row) => row !== undefined)
  await ben.leave(id)
  await until(ben.conversationOf(id), (row) => row === undefined)
  await until(ana.conversationOf(id), (row) => row?.member_count === 1)
  await expect(ben.listMembers(id)).rejects.toMatchObject({ code: 'not_found' })
})

/** A bearer token of a new session of this person. */
async function tokenOf(name: string): Promise<string> {
  const answer = await fetch(`${url}/api/v1/sessions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username: `${name}.${tag}`, password: 'a long enough word' }),
  })
  return ((await answer.json()) as { token: string }).token
}
