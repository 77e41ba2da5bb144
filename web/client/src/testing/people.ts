import { vi } from 'vitest'
import type { Madang, Timeline } from '../api.ts'
import { createMadang } from '../madang.ts'
import { MemoryStorage, type OutboxStorage } from '../outboxDb.ts'
import { Tabs, type Browser } from '../tabs.ts'
import { account, conversation, FakeServer, YARD } from './fakeServer.ts'

/** A signed-in client of the server, connected, in a tab of a browser or in none. Needs fake timers. */
export async function arrive(server: FakeServer, storage: OutboxStorage = new MemoryStorage(), tab?: Browser): Promise<Madang> {
  const session = { id: 1, device_name: 'test', created_at: 1, last_used_at: 1, current: true, connected: true }
  const file = { id: 6, name: 'roof.png', media_type: 'image/png', size_bytes: 1, url: '/f/6' }
  const answer = (url: string) => (url.endsWith('/files') ? file : { account: account(server.me), session })
  vi.stubGlobal('fetch', (url: string) => Promise.resolve(new Response(JSON.stringify(answer(url)))))
  const options = { url: 'http://madang.test', token: 'a token', storage }
  const madang = createMadang(options, { makeSockets: server.sockets.makeSockets, ...(tab && { tabs: new Tabs(tab) }) })
  await madang.start()
  await settle()
  return madang
}

/** Somebody with the yard open, who is in these others as well; on a clock of the test's, until `leave`. */
export async function openYard(...others: number[]): Promise<[FakeServer, Madang]> {
  vi.useFakeTimers()
  const server = new FakeServer()
  for (const id of [YARD, ...others]) server.add(conversation(id))
  const madang = await arrive(server)
  await madang.openTimeline(YARD)
  return [server, madang]
}

/** The end of a test that somebody arrived in. */
export function leave(madang: Madang): void {
  madang.stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
}

/** Lets everything that waits for nothing but its turn happen. */
export async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(1)
}

/** The texts on the screen, with their state when they are not sent yet. */
export function texts(timeline: Timeline): string[] {
  return timeline.items.map((item) => {
    if (item.kind === 'system') return `(${item.entry.kind})`
    return item.state === 'sent' ? item.message.text : `${item.message.text} [${item.state}]`
  })
}
