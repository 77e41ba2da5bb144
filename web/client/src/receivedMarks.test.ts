import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Madang } from './api.ts'
import { ANA, conversation, FakeServer, YARD } from './testing/fakeServer.ts'
import { Refusal } from './testing/fakeSockets.ts'
import { arrive } from './testing/people.ts'

const LARGE = 9
let server: FakeServer
let madang: Madang

beforeEach(() => {
  vi.useFakeTimers()
  server = new FakeServer()
  server.add(conversation(YARD))
  server.add(conversation(LARGE, { member_count: 21 }))
})

afterEach(() => {
  madang.stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const marks = () => server.askedFor('mark_received')

test('what comes is told once for all of it', async () => {
  madang = await arrive(server)
  for (const text of ['one', 'two', 'three']) server.say(YARD, text)
  await vi.advanceTimersByTimeAsync(1900)
  expect(marks()).toEqual([])
  await vi.advanceTimersByTimeAsync(10_000)
  expect(marks()).toEqual([{ conversation_id: YARD, seq: 3 }])
})

test('what was read meanwhile, written by oneself, or said to many is not told', async () => {
  madang = await arrive(server)
  server.say(YARD, 'read at once')
  madang.markRead(YARD, 1)
  server.say(YARD, 'my own', { sender_id: ANA })
  server.say(LARGE, 'to many')
  await vi.advanceTimersByTimeAsync(10_000)
  expect(marks()).toEqual([])
})

test('what was said meanwhile is told on coming back, and not again', async () => {
  server.rows.set(YARD, conversation(YARD, { head_seq: 4, unread: 4 }))
  madang = await arrive(server)
  await vi.advanceTimersByTimeAsync(3000)
  server.cut()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(marks()).toEqual([{ conversation_id: YARD, seq: 4 }])
})

test('what could not be told is told again; what was refused is not', async () => {
  madang = await arrive(server)
  let answer: () => { data: unknown } | undefined = () => {
    throw new Refusal('unavailable', true)
  }
  server.instead = (command) => (command === 'mark_received' ? answer() : undefined)
  server.say(YARD, 'one')
  await vi.advanceTimersByTimeAsync(2100)
  expect(marks()).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(2100)
  expect(marks()).toHaveLength(2)
  answer = () => {
    throw new Refusal('not_found')
  }
  await vi.advanceTimersByTimeAsync(10_000)
  expect(marks()).toHaveLength(3)
})
