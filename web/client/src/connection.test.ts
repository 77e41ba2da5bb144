import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ConnectionState } from './api.ts'
import { Connection } from './connection.ts'
import { fakePair, Refusal, type FakePair } from './testing/fakeSockets.ts'

const READY = { account: { id: 1 } }
let pair: FakePair
let connection: Connection
let refusedAs: string | undefined
let isUp: boolean
let states: string[]

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 })
  vi.spyOn(Math, 'random').mockReturnValue(1)
  const fake = fakePair()
  pair = fake.pair
  refusedAs = undefined
  isUp = true
  pair.chat.onConnect = () => {
    if (!isUp) return pair.chat.deliver('connect_error', new Error('websocket error'))
    pair.chat.connected = true
    pair.chat.deliver('ready', READY)
  }
  connection = new Connection({ url: '', token: () => 'a token', onRefused: (code) => (refusedAs = code), makeSockets: fake.makeSockets })
  states = []
  connection.state.subscribe((state: ConnectionState) => states.push(state.state))
})

afterEach(() => {
  connection.close()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const turn = () => vi.advanceTimersByTimeAsync(0)

test('connecting, catching up, online', async () => {
  connection.open()
  await turn()
  expect(connection.ready).toBe(true)
  connection.caughtUp()
  expect(states).toEqual(['connecting', 'catching-up', 'online'])
})

test('whoever waits for a connection may stop waiting', async () => {
  const listeners = connection.state.lc
  const stop = new AbortController()
  const waiting = connection.untilReady(stop.signal)
  stop.abort()
  await waiting
  await connection.untilReady(stop.signal)
  expect(connection.state.lc).toBe(listeners)
})

test('a server that is away is tried after 1, 2, 4 seconds, and the banner knows when', async () => {
  isUp = false
  connection.open()
  await turn()
  expect(connection.state.get()).toEqual({ state: 'waiting', until: 1_001_000 })
  await vi.advanceTimersByTimeAsync(1000)
  expect(connection.state.get()).toEqual({ state: 'waiting', until: 1_003_000 })
  await vi.advanceTimersByTimeAsync(2000)
  expect(connection.state.get()).toEqual({ state: 'waiting', until: 1_007_000 })
  isUp = true
  await vi.advanceTimersByTimeAsync(4000)
  expect(connection.state.get().state).toBe('catching-up')
  expect(pair.chat.attempts).toBe(4)
})

test('both sockets failing at once are one failure', async () => {
  isUp = false
  pair.notifications.onConnect = () => pair.notifications.deliver('connect_error', new Error('websocket error'))
  connection.open()
  await turn()
  expect(connection.state.get()).toEqual({ state: 'waiting', until: 1_001_000 })
})

test('"Try now" does not wait', async () => {
  isUp = false
  connection.open()
  await turn()
  isUp = true
  connection.reconnectNow()
  await turn()
  expect(connection.ready).toBe(true)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(pair.chat.attempts).toBe(2)
})

test('without a network the banner says so, and comes back with it', async () => {
  isUp = false
  vi.stubGlobal('navigator', { onLine: false })
  const listeners = new Map<string, () => void>()
  vi.stubGlobal('addEventListener', (event: string, listener: () => void) => listeners.set(event, listener))
  connection.open()
  await turn()
  expect(connection.state.get()).toEqual({ state: 'offline' })
  isUp = true
  vi.stubGlobal('navigator', { onLine: true })
  listeners.get('online')?.()
  await turn()
  expect(connection.ready).toBe(true)
})

test('a link that the browser calls offline is dropped only when the server does not answer', async () => {
  const listeners = new Map<string, () => void>()
  vi.stubGlobal('addEventListener', (event: string, listener: () => void) => listeners.set(event, listener))
  connection.open()
  await turn()
  vi.stubGlobal('navigator', { onLine: false })
  listeners.get('offline')?.()
  await vi.advanceTimersByTimeAsync(3000)
  expect(connection.ready).toBe(true)

  pair.chat.answer = () => undefined
  listeners.get('offline')?.()
  await vi.advanceTimersByTimeAsync(2500)
  expect(connection.state.get()).toEqual({ state: 'offline' })
})

test('the banner knows of a lost link, whichever namespace hears of it first', async () => {
  pair.notifications.onConnect = () => (pair.notifications.connected = true)
  connection.open()
  await turn()
  connection.caughtUp()
  pair.notifications.lose()
  expect(connection.state.get().state).toBe('online')
  pair.chat.lose()
  expect(connection.state.get()).toEqual({ state: 'waiting', until: 1_001_000 })
})

test('a lost link comes back by itself', async () => {
  connection.open()
  await turn()
  connection.caughtUp()
  pair.drop()
  expect(connection.ready).toBe(false)
  expect(connection.state.get().state).toBe('waiting')
  await vi.advanceTimersByTimeAsync(1000)
  expect(connection.ready).toBe(true)
})

test('after a good connection the tries begin anew', async () => {
  isUp = false
  connection.open()
  await vi.advanceTimersByTimeAsync(10_000)
  isUp = true
  connection.reconnectNow()
  await turn()
  pair.drop()
  expect(connection.state.get()).toEqual({ state: 'waiting', until: Date.now() + 1000 })
})

test('a link on which nobody says ready is given up', async () => {
  pair.chat.onConnect = () => (pair.chat.connected = true)
  connection.open()
  await vi.advanceTimersByTimeAsync(24_000)
  expect(connection.state.get().state).toBe('connecting')
  await vi.advanceTimersByTimeAsync(1_000)
  expect(connection.state.get().state).toBe('waiting')
  await vi.advanceTimersByTimeAsync(2_000)
  expect(pair.chat.attempts).toBe(2)
})

test('a namespace that the server closes comes back over a new link', async () => {
  connection.open()
  await turn()
  pair.notifications.connected = true
  pair.chat.lose('io server disconnect')
  expect(pair.notifications.connected).toBe(false)
  await vi.advanceTimersByTimeAsync(1000)
  expect(connection.ready).toBe(true)
})

test('a worker that stops says when to come back', async () => {
  connection.open()
  await turn()
  pair.chat.deliver('draining', { retry_after_ms: 5000 })
  pair.drop()
  expect(connection.state.get()).toEqual({ state: 'waiting', until: Date.now() + 5000 })
})

test('a session that is over is not tried again', async () => {
  pair.chat.onConnect = () => pair.chat.deliver('connect_error', Object.assign(new Error('expired'), { data: { code: 'expired' } }))
  connection.open()
  await turn()
  expect(refusedAs).toBe('expired')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(pair.chat.attempts).toBe(1)
})

test('a command is answered with data, a refusal, or nothing', async () => {
  connection.open()
  await turn()
  pair.chat.answer = () => ({ accounts: [] })
  await expect(connection.chat.ask('find_people', { query: 'a' })).resolves.toEqual({ accounts: [] })

  pair.chat.answer = () => {
    throw new Refusal('forbidden')
  }
  await expect(connection.chat.ask('find_people', { query: 'a' })).rejects.toMatchObject({ code: 'forbidden', retryable: false })

  pair.chat.answer = () => undefined
  const asked = expect(connection.chat.ask('find_people', { query: 'a' })).rejects.toMatchObject({ code: 'no_answer', retryable: true })
  await vi.advanceTimersByTimeAsync(10_000)
  await asked
})

test('without a connection nothing is sent, and that is said at once', async () => {
  await expect(connection.chat.ask('find_people', { query: 'a' })).rejects.toMatchObject({ code: 'not_connected' })
  expect(pair.chat.asked).toEqual([])
})

test('patience outlasts a lost connection and a busy server, and ends at a refusal', async () => {
  isUp = false
  connection.open()
  const answers = [new Refusal('busy', true), new Refusal('not_found')]
  pair.chat.answer = () => {
    throw answers.shift()!
  }
  const work = connection.patiently(() => connection.chat.ask('get_conversation', { conversation_id: 1 }))
  const ended = expect(work).rejects.toMatchObject({ code: 'not_found' })
  await vi.advanceTimersByTimeAsync(500)
  isUp = true
  await vi.advanceTimersByTimeAsync(5000)
  await ended
})
