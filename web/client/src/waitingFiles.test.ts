import { atom } from 'nanostores'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Madang, Upload, UploadProgress } from './api.ts'
import { MadangError } from './errors.ts'
import { MemoryStorage } from './outboxDb.ts'
import { type FakeServer, YARD } from './testing/fakeServer.ts'
import { KeepingStorage } from './testing/keeping.ts'
import { arrive, leave, openYard, settle, texts } from './testing/people.ts'

let server: FakeServer
let madang: Madang

beforeEach(async () => {
  [server, madang] = await openYard()
})

afterEach(() => leave(madang))

const timeline = () => madang.timelineOf(YARD).get()
const stored = () => server.messages(YARD).map((one) => one.text)

function upload(id = 'upload'): Upload & { progress: ReturnType<typeof atom<UploadProgress>> } {
  const progress = atom<UploadProgress>({ state: 'uploading', part: 0 })
  return {
    id,
    file: new File(['x'], 'roof.png'),
    progress,
    cancel: () => progress.set({ state: 'cancelled', part: 0 }),
    retry: () => progress.set({ state: 'uploading', part: 0 }),
  }
}

const done = (id: number): UploadProgress => ({
  state: 'done',
  part: 1,
  stored: { id, name: 'roof.png', media_type: 'image/png', size_bytes: 1, url: `/f/${id}` },
})

test('a message waits for its files, and what is written after it waits too', async () => {
  const picture = upload()
  madang.send(YARD, { text: 'look', uploads: [picture] })
  madang.send(YARD, { text: 'nice?' })
  await settle()
  expect(stored()).toEqual([])
  expect(texts(timeline())).toEqual(['look [sending]', 'nice? [sending]'])
  picture.progress.set(done(5))
  await settle()
  expect(stored()).toEqual(['look', 'nice?'])
  expect(server.askedFor('send_message')[0]).toMatchObject({ file_ids: [5] })
})

test('a file that cannot be stored fails its message until it is tried again', async () => {
  const picture = upload()
  madang.send(YARD, { text: 'look', uploads: [picture] })
  picture.progress.set({ state: 'failed', part: 0, error: new MadangError({ code: 'too_large', message: 'Too large.', retryable: false }) })
  expect(timeline().items[0]).toMatchObject({ state: 'failed', error: { code: 'too_large' } })
  madang.retry(YARD, timeline().items[0]!.key)
  expect(texts(timeline())).toEqual(['look [sending]'])
  picture.progress.set(done(6))
  await settle()
  expect(stored()).toEqual(['look'])
})

test('a message whose only file is cancelled is gone; with words it goes without', async () => {
  const [alone, beside] = [upload(), upload()]
  madang.send(YARD, { text: '', uploads: [alone] })
  madang.send(YARD, { text: 'words', uploads: [beside] })
  alone.cancel()
  beside.cancel()
  await settle()
  expect(stored()).toEqual(['words'])
})

test('a reload in the middle of uploads goes on with the files that were kept, and what is behind them waits', async () => {
  const storage = new KeepingStorage()
  madang.stop()
  const before = await arrive(server, storage)
  await storage.keepFile({ id: 'two', tab: '', file: new File(['x'], 'roof.png') })
  await storage.keepFile({ id: 'three', tab: '', file: new File(['y'], 'gate.png') })
  const [sent, coming] = [upload('one'), upload('two')]
  before.send(YARD, { text: 'look', uploads: [sent, coming] })
  before.send(YARD, { text: 'and', uploads: [upload('three')] })
  before.send(YARD, { text: 'nice?' })
  sent.progress.set(done(5))
  await settle()
  before.stop()

  madang = await arrive(server, storage)
  await madang.openTimeline(YARD)
  await settle()
  await vi.dynamicImportSettled()
  await settle()
  expect(stored()).toEqual(['look', 'and', 'nice?'])
  expect(server.askedFor('send_message').map(({ file_ids }) => file_ids)).toEqual([[5, 6], [6], undefined])
  await settle()
  expect([...storage.files.keys()]).toEqual([])
})

test('a disk that answers too late fails the message, and no file goes that nobody waits for', async () => {
  const storage = new KeepingStorage()
  madang.stop()
  const before = await arrive(server, storage)
  await storage.keepFile({ id: 'one', tab: '', file: new File(['x'], 'roof.png') })
  before.send(YARD, { text: 'look', uploads: [upload('one')] })
  await settle()
  before.stop()

  const fileOf = storage.fileOf.bind(storage)
  let answer = (): void => undefined
  storage.fileOf = (id) => new Promise((resolve) => (answer = () => resolve(fileOf(id))))
  madang = await arrive(server, storage)
  await madang.openTimeline(YARD)
  await vi.advanceTimersByTimeAsync(30_000)
  expect(timeline().items[0]).toMatchObject({ state: 'failed', error: { code: 'upload_lost' } })
  const asked = vi.fn(() => Promise.reject(new TypeError('Failed to fetch')))
  vi.stubGlobal('fetch', asked)
  answer()
  await settle()
  await vi.dynamicImportSettled()
  await settle()
  expect(asked).not.toHaveBeenCalled()
})

test('without a server a file waits as its message does, and goes when there is one again', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')))
  server.down = true
  server.cut()
  madang.send(YARD, { text: 'look', uploads: [madang.upload(new File(['x'], 'roof.png'))] })
  await settle()
  await vi.dynamicImportSettled()
  await vi.advanceTimersByTimeAsync(600_000)
  expect(texts(timeline())).toEqual(['look [waiting]'])
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify(done(6).stored))))
  server.down = false
  await vi.advanceTimersByTimeAsync(40_000)
  expect(texts(timeline())).toEqual(['look'])
  expect(server.askedFor('send_message')[0]).toMatchObject({ file_ids: [6] })
})

test('a file is kept when it is chosen, and gone when it is stored, taken out, or its tab was closed before it was sent', async () => {
  const storage = new KeepingStorage()
  await storage.keepFile({ id: 'left behind', tab: 'closed', file: new File(['x'], 'roof.png') })
  madang.stop()
  madang = await arrive(server, storage)
  expect([...storage.files.keys()]).toEqual([])
  const chosen = madang.upload(new File(['x'], 'roof.png'))
  expect([...storage.files.keys()]).toEqual([chosen.id])
  madang.upload(new File(['y'], 'gate.png')).cancel()
  await vi.dynamicImportSettled()
  await settle()
  expect(chosen.progress.get()).toMatchObject({ state: 'done', kept: true })
  expect([...storage.files.keys()]).toEqual([])
})

test('a reload in the middle of an upload ends in a clear failure', async () => {
  const storage = new MemoryStorage()
  madang.stop()
  const before = await arrive(server, storage)
  before.send(YARD, { text: 'look', uploads: [upload()] })
  await settle()
  before.stop()
  madang = await arrive(server, storage)
  await madang.openTimeline(YARD)
  await settle()
  expect(timeline().items[0]).toMatchObject({ state: 'failed', error: { code: 'upload_lost' } })
  expect(stored()).toEqual([])
})
