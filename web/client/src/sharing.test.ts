/** Several tabs of one browser, one outbox. */
import { atom } from 'nanostores'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Madang, Upload, UploadProgress } from './api.ts'
import { MadangError } from './errors.ts'
import { MemoryStorage } from './outboxDb.ts'
import { Tabs } from './tabs.ts'
import { FakeBrowser, type FakeTab } from './testing/fakeBrowser.ts'
import { ANA, conversation, FakeServer, YARD } from './testing/fakeServer.ts'
import { Refusal } from './testing/fakeSockets.ts'
import { arrive, settle, texts } from './testing/people.ts'

interface Seat {
  tab: FakeTab
  server: FakeServer
  madang: Madang
}

let browser: FakeBrowser
let storage: MemoryStorage
let one: Seat
let two: Seat

async function seat(server: FakeServer, memory?: Map<string, string>): Promise<Seat> {
  const tab = browser.open(memory)
  const madang = await arrive(server, storage, tab)
  await madang.openTimeline(YARD)
  return { tab, server, madang }
}

beforeEach(async () => {
  vi.useFakeTimers()
  browser = new FakeBrowser()
  storage = new MemoryStorage()
  const server = new FakeServer()
  server.add(conversation(YARD))
  one = await seat(server)
  two = await seat(server.anotherDoor())
})

afterEach(() => {
  one.madang.stop()
  two.madang.stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const lines = ({ madang }: Seat) => texts(madang.timelineOf(YARD).get())
const stored = () => one.server.messages(YARD).map(({ text }) => text)
const say = ({ madang }: Seat, text: string) => madang.send(YARD, { text })
const asked = (...seats: Seat[]) => seats.flatMap(({ server }) => server.askedFor('send_message').map(({ text }) => text))

/** The way of a tab to the server is cut, and stays so. */
function cutOff({ server }: Seat): void {
  server.down = true
  server.cut()
}

/** The tab is gone, and says nothing more. */
function crash(seat: Seat): void {
  seat.tab.close()
  cutOff(seat)
}

test('each tab sends what was written in it, and nobody sends it too', async () => {
  for (const text of ['a', 'b', 'c']) {
    say(one, `${text} of one`)
    say(two, `${text} of two`)
    await settle()
  }
  await vi.advanceTimersByTimeAsync(5000)
  expect(stored()).toEqual(['a of one', 'a of two', 'b of one', 'b of two', 'c of one', 'c of two'])
  expect(asked(one)).toEqual(['a of one', 'b of one', 'c of one'])
  expect(asked(two)).toEqual(['a of two', 'b of two', 'c of two'])
  await expect(storage.all()).resolves.toEqual([])
})

test('written in turns without a connection, sent in that order, once, and shown in both', async () => {
  cutOff(one)
  cutOff(two)
  for (const text of ['1', '2', '3', '4']) {
    say(Number(text) % 2 ? one : two, text)
    await vi.advanceTimersByTimeAsync(5)
  }
  expect(lines(one)).toEqual(['1 [waiting]', '2 [waiting]', '3 [waiting]', '4 [waiting]'])
  expect(lines(two)).toEqual(lines(one))
  one.server.down = two.server.down = false
  await vi.advanceTimersByTimeAsync(20_000)
  expect(stored()).toEqual(['1', '2', '3', '4'])
  expect(asked(one, two).sort()).toEqual(['1', '2', '3', '4'])
  expect(lines(one)).toEqual(['1', '2', '3', '4'])
  expect(lines(two)).toEqual(lines(one))
})

test('one tab that has a connection sends what another one without has written', async () => {
  cutOff(one)
  say(one, 'from the cellar')
  await settle()
  say(two, 'from the roof')
  await vi.advanceTimersByTimeAsync(2000)
  expect(stored()).toEqual(['from the cellar', 'from the roof'])
  expect(asked(one)).toEqual([])
  expect(lines(one)).toEqual(['from the cellar', 'from the roof'])
})

test('a tab that is closed before the answer came is followed by another one, within moments, under the same label', async () => {
  one.server.isMute = one.server.isDeaf = true
  two.server.isDeaf = true
  say(one, 'first')
  say(one, 'second')
  await settle()
  crash(one)
  two.server.isDeaf = false
  await vi.advanceTimersByTimeAsync(1500)
  expect(stored()).toEqual(['first', 'second'])
  const labels = [one, two].map(({ server }) => server.askedFor('send_message')[0]?.client_id)
  expect(labels[0]).toBe(labels[1])
  await expect(storage.all()).resolves.toEqual([])
})

test('a tab that was frozen does not send again what others sent meanwhile', async () => {
  cutOff(one)
  say(one, 'before the frost')
  await settle()
  one.tab.isFrozen = true
  await vi.advanceTimersByTimeAsync(2000)
  expect(stored()).toEqual(['before the frost'])
  one.tab.isFrozen = false
  one.server.isDeaf = true
  one.server.down = false
  await vi.advanceTimersByTimeAsync(30_000)
  expect(asked(one)).toEqual([])
  expect(lines(one)).toEqual(['before the frost'])
})

test('two tabs that come back at once send it once, even when one has not heard of the other', async () => {
  cutOff(one)
  cutOff(two)
  say(one, 'once')
  await settle()
  two.tab.isFrozen = true
  two.server.isDeaf = true
  one.server.down = two.server.down = false
  one.madang.reconnectNow()
  two.madang.reconnectNow()
  await vi.advanceTimersByTimeAsync(3000)
  expect(asked(one, two)).toEqual(['once'])
  expect(lines(two)).toEqual([])
})

test('what was written first goes first, even when it is heard of while the other one waits for its turn', async () => {
  let free = (): void => undefined
  const third = new Tabs(browser.open())
  void third.turn(`madang send ${ANA} ${YARD}`, () => new Promise((resolve) => (free = resolve)))
  cutOff(one)
  two.tab.isFrozen = true
  say(one, 'older')
  await settle()
  two.tab.isFrozen = false
  say(two, 'newer')
  await settle()
  one.madang.retry(YARD, one.madang.timelineOf(YARD).get().items[0]!.key)
  await settle()
  free()
  await vi.advanceTimersByTimeAsync(3000)
  expect(stored()).toEqual(['older', 'newer'])
})

test('what was seen in the log need not be answered before the next one goes', async () => {
  one.server.isMute = true
  say(one, 'first')
  say(one, 'second')
  await vi.advanceTimersByTimeAsync(100)
  expect(stored()).toEqual(['first', 'second'])
  expect(lines(one)).toEqual(['first', 'second'])
})

test('what was thrown away while a tab was frozen is gone there too when it comes back', async () => {
  one.server.instead = (command) => {
    if (command === 'send_message') throw new Refusal('forbidden')
    return undefined
  }
  say(one, 'refused')
  await settle()
  expect(lines(two)).toEqual(['refused [failed]'])
  two.tab.isFrozen = true
  one.madang.discard(YARD, one.madang.timelineOf(YARD).get().items[0]!.key)
  await settle()
  two.tab.isFrozen = false
  two.server.cut()
  await vi.advanceTimersByTimeAsync(3000)
  expect(lines(two)).toEqual([])
})

test('a page that is closed before the disk answers has told the others what was written there', async () => {
  const put = storage.put.bind(storage)
  storage.put = (item) => (item.text === 'older' ? put(item).then(() => new Promise(() => undefined)) : put(item))
  cutOff(one)
  say(one, 'older')
  one.tab.close()
  await settle()
  say(two, 'newer')
  await vi.advanceTimersByTimeAsync(3000)
  expect(stored()).toEqual(['older', 'newer'])
})

test('a refusal shows in every tab, and can be tried again or thrown away in any', async () => {
  one.server.instead = (command) => {
    if (command === 'send_message') throw new Refusal('forbidden')
    return undefined
  }
  say(one, 'refused')
  say(one, 'refused too')
  await settle()
  expect(lines(two)).toEqual(['refused [failed]', 'refused too [failed]'])
  const [first, second] = two.madang.timelineOf(YARD).get().items
  two.madang.discard(YARD, first!.key)
  two.madang.retry(YARD, second!.key)
  one.server.instead = () => undefined
  await settle()
  expect(stored()).toEqual(['refused too'])
  expect(lines(one)).toEqual(['refused too'])
  await expect(storage.all()).resolves.toEqual([])
})

test('a tab that is opened later shows and sends what waits', async () => {
  cutOff(one)
  cutOff(two)
  say(one, 'still here')
  await settle()
  crash(one)
  crash(two)
  const three = await seat(one.server.anotherDoor())
  expect(lines(three)).toEqual(['still here [sending]'])
  await vi.advanceTimersByTimeAsync(1500)
  expect(stored()).toEqual(['still here'])
  three.madang.stop()
})

test('what another account wrote in this browser is neither shown nor sent', async () => {
  const ben = new FakeServer(2)
  ben.add(conversation(YARD))
  cutOff(one)
  const other = await seat(ben)
  say(one, 'not yours')
  await vi.advanceTimersByTimeAsync(0)
  expect(lines(other)).toEqual([])
  expect(ben.askedFor('send_message')).toEqual([])
  other.madang.stop()
})

describe('files', () => {
  function upload(): Upload & { progress: ReturnType<typeof atom<UploadProgress>> } {
    const progress = atom<UploadProgress>({ state: 'uploading', part: 0 })
    const retry = () => progress.set({ state: 'uploading', part: 0 })
    return { id: 'upload', file: new File(['x'], 'roof.png'), progress, cancel: () => undefined, retry }
  }
  const file = { id: 5, name: 'roof.png', media_type: 'image/png', size_bytes: 1, url: '/f/5' }

  test('what is written behind an upload waits for it in every tab', async () => {
    const picture = upload()
    one.madang.send(YARD, { text: 'look', uploads: [picture] })
    await settle()
    say(two, 'nice?')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(stored()).toEqual([])
    picture.progress.set({ state: 'done', part: 1, stored: file })
    await vi.advanceTimersByTimeAsync(2000)
    expect(stored()).toEqual(['look', 'nice?'])
  })

  test('an upload ends with its tab: the others say so, and go on', async () => {
    one.madang.send(YARD, { text: 'look', uploads: [upload()] })
    await settle()
    say(two, 'nice?')
    await settle()
    crash(one)
    await vi.advanceTimersByTimeAsync(2000)
    expect(stored()).toEqual(['nice?'])
    expect(lines(two)).toEqual(['nice?', 'look [failed]'])
    expect(two.madang.timelineOf(YARD).get().items[1]).toMatchObject({ error: { code: 'upload_lost' } })
    expect((await storage.all())[0]).toMatchObject({ error: { code: 'upload_lost' } })
  })

  test('an upload that was cut off by a reload is known as lost in every tab', async () => {
    one.madang.send(YARD, { text: 'look', uploads: [upload()] })
    await settle()
    crash(one)
    one = await seat(two.server.anotherDoor(), one.tab.remembers)
    await settle()
    expect(lines(one)).toEqual(['look [failed]'])
    expect(lines(two)).toEqual(['look [failed]'])
  })

  test('an upload that failed is tried again from another tab, by the one that has the file', async () => {
    const picture = upload()
    one.madang.send(YARD, { text: 'look', uploads: [picture] })
    picture.progress.set({ state: 'failed', part: 0, error: new MadangError({ code: 'too_large', message: 'Too large.', retryable: false }) })
    await settle()
    expect(lines(two)).toEqual(['look [failed]'])
    two.madang.retry(YARD, two.madang.timelineOf(YARD).get().items[0]!.key)
    await settle()
    expect(picture.progress.get().state).toBe('uploading')
    picture.progress.set({ state: 'done', part: 1, stored: file })
    await settle()
    expect(stored()).toEqual(['look'])
  })
})

describe('without locks', () => {
  const unlocked = (tab: FakeTab) => ({ channel: tab.channel, memory: tab.memory })

  test('a message is left to its own tab for ten seconds, and then sent by another', async () => {
    crash(one)
    const [tab, other] = [browser.open(), browser.open()]
    const three = { tab, server: one.server.anotherDoor() }
    const four = one.server.anotherDoor()
    const [here, there] = [await arrive(three.server, storage, unlocked(tab)), await arrive(four, storage, unlocked(other))]
    two.tab.isFrozen = true
    cutOff(two)
    here.send(YARD, { text: 'mine' })
    await vi.advanceTimersByTimeAsync(15_000)
    expect(four.askedFor('send_message')).toEqual([])
    three.server.down = true
    three.server.cut()
    here.send(YARD, { text: 'left behind' })
    await vi.advanceTimersByTimeAsync(9_000)
    expect(stored()).toEqual(['mine'])
    await vi.advanceTimersByTimeAsync(2_000)
    expect(stored()).toEqual(['mine', 'left behind'])
    here.stop()
    there.stop()
  })
})

describe('turns', () => {
  test('a tab that stands still is not waited for longer than half a minute', async () => {
    const [still, awake] = [new Tabs(browser.open()), new Tabs(browser.open())]
    let wake = (): void => undefined
    void still.turn('send', () => new Promise((resolve) => (wake = resolve)))
    const done: string[] = []
    void awake.turn('send', () => Promise.resolve(void done.push('first')))
    await vi.advanceTimersByTimeAsync(29_000)
    expect(done).toEqual([])
    await vi.advanceTimersByTimeAsync(2_000)
    expect(done).toEqual(['first'])
    wake()
    await awake.turn('send', () => Promise.resolve(void done.push('second')))
    expect(done).toEqual(['first', 'second'])
  })

  test('the lead passes on when the leading tab is closed', async () => {
    expect([one.madang.leading.get(), two.madang.leading.get()]).toEqual([true, false])
    crash(one)
    await settle()
    expect(two.madang.leading.get()).toBe(true)
  })

  test('a duplicated tab is a tab of its own; a reloaded one is the same', async () => {
    const memory = one.tab.remembers
    const [before] = memory.values()
    const duplicate = new Map(memory)
    const three = new Tabs(browser.open(duplicate))
    await three.start()
    expect(three.id).not.toBe(before)
    crash(one)
    const four = new Tabs(browser.open(memory))
    await four.start()
    expect(four.id).toBe(before)
  })
})
