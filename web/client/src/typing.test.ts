import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Madang } from './api.ts'
import { ANA, BEN, conversation, FakeServer, YARD } from './testing/fakeServer.ts'
import { arrive } from './testing/people.ts'

let server: FakeServer
let madang: Madang

beforeEach(async () => {
  vi.useFakeTimers()
  server = new FakeServer()
  server.add(conversation(YARD))
  madang = await arrive(server)
})

afterEach(() => {
  madang.stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const sign = (account_id: number, until = Date.now() + 6000) =>
  server.sockets.pair.chat.deliver('typing', { conversation_id: YARD, account_id, until })
const typing = () => madang.typingIn(YARD).get()
const told = () => server.asked.filter((one) => one.command.endsWith('_typing')).map((one) => one.command)

test('a sign is forgotten after six seconds, counted from the last one', async () => {
  sign(BEN)
  await vi.advanceTimersByTimeAsync(4000)
  sign(BEN)
  await vi.advanceTimersByTimeAsync(5900)
  expect(typing()).toEqual([BEN])
  await vi.advanceTimersByTimeAsync(200)
  expect(typing()).toEqual([])
})

test('a clock that is an hour wrong changes nothing', async () => {
  sign(BEN, Date.now() - 3_600_000)
  expect(typing()).toEqual([BEN])
  await vi.advanceTimersByTimeAsync(6100)
  expect(typing()).toEqual([])
})

test('stopping and sending end it at once; oneself is not shown', () => {
  sign(BEN)
  sign(3)
  sign(ANA)
  expect(typing()).toEqual([BEN, 3])
  sign(3, 0)
  server.say(YARD, 'there')
  expect(typing()).toEqual([])
})

test('writing is told every three seconds, and its end once', async () => {
  for (let step = 0; step < 8; step++) {
    madang.typing(YARD)
    await vi.advanceTimersByTimeAsync(500)
  }
  madang.stopTyping(YARD)
  madang.stopTyping(YARD)
  expect(told()).toEqual(['start_typing', 'start_typing', 'stop_typing'])
})

test('sending ends it', () => {
  madang.typing(YARD)
  madang.send(YARD, { text: 'there' })
  expect(told()).toEqual(['start_typing', 'stop_typing'])
})
