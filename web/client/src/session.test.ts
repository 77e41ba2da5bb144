import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createMadang } from './madang.ts'
import { MemoryStorage } from './outboxDb.ts'
import { account, ANA, BEN, conversation, FakeServer, YARD } from './testing/fakeServer.ts'
import { arrive, settle, texts } from './testing/people.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const SESSION = { id: 1, device_name: 'test', created_at: 1, last_used_at: 1, current: true, connected: true }

/** Answers of the HTTP interface, one after the other. */
function answers(...all: (Response | Error)[]) {
  const requests: { url: string; init: RequestInit }[] = []
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    requests.push({ url, init })
    const next = all.shift() ?? new Error('unexpected request')
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next)
  })
  return requests
}
const ok = (body: unknown) => new Response(JSON.stringify(body), { status: 200 })
const refused = (status: number, code: string) => new Response(JSON.stringify({ error: { code, message: code, retryable: false } }), { status })

function client(server = new FakeServer()) {
  return createMadang({ url: 'http://madang.test', storage: new MemoryStorage() }, { makeSockets: server.sockets.makeSockets })
}

test('nobody is signed in: nothing connects', async () => {
  answers(refused(401, 'unauthorized'))
  const server = new FakeServer()
  const madang = client(server)
  await madang.start()
  expect(madang.session.get()).toEqual({ state: 'signed-out' })
  expect(server.sockets.pair.chat.attempts).toBe(0)
})

test('a server that is away at the start is asked until it answers', async () => {
  answers(new TypeError('failed to fetch'), new Response('<html>', { status: 502 }), ok({ account: account(ANA), session: SESSION }))
  const madang = client()
  const started = madang.start()
  await vi.advanceTimersByTimeAsync(5000)
  await started
  expect(madang.session.get()).toMatchObject({ state: 'signed-in', account: { id: ANA } })
  madang.stop()
})

test('a server that refuses for another reason is not asked for ever', async () => {
  answers(refused(403, 'forbidden'))
  await expect(client().start()).rejects.toMatchObject({ code: 'forbidden' })
})

test('signing in keeps the token where the cookie does not reach, and connects', async () => {
  const requests = answers(ok({ account: account(ANA), session: SESSION, token: 'secret' }), ok({ sessions: [SESSION] }))
  const madang = client()
  await madang.signIn({ username: 'ana', password: 'long enough' })
  await settle()
  expect(madang.connection.get().state).toBe('online')
  await madang.sessions()
  expect(requests.map((one) => one.url)).toEqual(['http://madang.test/api/v1/sessions', 'http://madang.test/api/v1/sessions'])
  expect(requests[1]?.init.headers).toMatchObject({ Authorization: 'Bearer secret' })
  madang.stop()
})

test('a wrong password is the field error it is, and ends no session', async () => {
  answers(refused(401, 'unauthorized'))
  const madang = client()
  await expect(madang.signIn({ username: 'ana', password: 'wrong' })).rejects.toMatchObject({ code: 'unauthorized' })
  expect(madang.session.get()).toEqual({ state: 'unknown' })
})

test('an ended session signs out, keeps what waits, and the next sign-in sends it', async () => {
  const server = new FakeServer()
  server.add(conversation(YARD))
  const madang = await arrive(server)
  await madang.openTimeline(YARD)
  const { chat } = server.sockets.pair
  const welcome = chat.onConnect
  chat.onConnect = () => chat.deliver('connect_error', Object.assign(new Error('unauthorized'), { data: { code: 'unauthorized' } }))
  server.cut()
  madang.send(YARD, { text: 'typed while signed out' })
  await vi.advanceTimersByTimeAsync(2000)
  expect(madang.session.get()).toEqual({ state: 'signed-out', reason: 'ended' })
  expect(texts(madang.timelineOf(YARD).get())).toEqual(['typed while signed out [waiting]'])

  chat.onConnect = welcome
  answers(ok({ account: account(ANA), session: SESSION, token: 'new' }))
  await madang.signIn({ username: 'ana', password: 'long enough' })
  await settle()
  expect(server.messages(YARD).map((one) => one.text)).toEqual(['typed while signed out'])
  madang.stop()
})

test('what is written before the other tabs are known is not lost', async () => {
  const server = new FakeServer()
  server.add(conversation(YARD))
  answers(ok({ account: account(ANA), session: SESSION }))
  const madang = client(server)
  await madang.start()
  madang.send(YARD, { text: 'early' })
  await settle()
  expect(server.messages(YARD).map((one) => one.text)).toEqual(['early'])
  madang.stop()
})

test('a socket that turns out to be another person’s sends nothing in their name', async () => {
  const server = new FakeServer()
  server.add(conversation(YARD))
  const madang = await arrive(server)
  server.cut()
  madang.send(YARD, { text: 'written by ana' })
  // Another tab signed ben in, and this one did not hear of it.
  const ready = server.ready.bind(server)
  server.ready = () => ({ ...ready(), account: account(BEN) })
  answers(ok({ account: account(BEN), session: SESSION }))
  await vi.advanceTimersByTimeAsync(5000)
  expect(madang.me.get()?.id).toBe(BEN)
  expect(server.askedFor('send_message')).toEqual([])
  expect(madang.timelineOf(YARD).get().items).toEqual([])
  expect(madang.connection.get().state).toBe('online')
  madang.stop()
})

test('what one person could not send waits until they sign in again, whoever was there in between', async () => {
  const server = new FakeServer()
  server.add(conversation(YARD))
  const storage = new MemoryStorage()
  const madang = await arrive(server, storage)
  server.down = true
  server.cut()
  madang.send(YARD, { text: 'written by ana' })
  answers(ok({}), ok({ account: account(BEN), session: SESSION, token: 'b' }), ok({}), ok({ account: account(ANA), session: SESSION, token: 'a' }))
  await madang.signOut()
  const ready = server.ready.bind(server)
  server.ready = () => ({ ...ready(), account: account(BEN) })
  server.down = false
  await madang.signIn({ username: 'ben', password: 'long enough' })
  await vi.advanceTimersByTimeAsync(5000)
  expect(madang.connection.get().state).toBe('online')
  expect(server.askedFor('send_message')).toEqual([])
  await madang.signOut()
  server.ready = ready
  await madang.signIn({ username: 'ana', password: 'long enough' })
  await vi.advanceTimersByTimeAsync(5000)
  expect(server.messages(YARD).map((one) => one.text)).toEqual(['written by ana'])
  await expect(storage.all()).resolves.toEqual([])
  madang.stop()
})

test('another person sees nothing of the one before', async () => {
  const server = new FakeServer()
  server.add(conversation(YARD))
  const madang = await arrive(server)
  await madang.openTimeline(YARD)
  server.cut()
  madang.send(YARD, { text: 'private' })
  answers(ok({}), ok({ account: account(BEN), session: SESSION, token: 'new' }))
  await madang.signOut()
  server.rows.clear()
  server.down = true
  await madang.signIn({ username: 'ben', password: 'long enough' })
  await settle()
  expect(madang.conversations.get()).toEqual([])
  expect(madang.timelineOf(YARD).get().items).toEqual([])
  expect(madang.accounts.get()[ANA]).toBeUndefined()
  madang.stop()
})
