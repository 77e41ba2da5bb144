import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Connection } from './connection.ts'
import { MadangError, noAnswer } from './errors.ts'
import { errorFrom, Rest } from './rest.ts'
import { fakePair } from './testing/fakeSockets.ts'
import { startUpload, type SendFile, type UploadsTo } from './uploads.ts'

const FILE = new File(['tiles'], 'roof.png')
const STORED = { id: 5, name: 'roof.png', media_type: 'image/png', size_bytes: 5, url: '/f/5' }
let isUp: boolean
let me: number
let connection: Connection
let cut: () => void
let client: UploadsTo

beforeEach(async () => {
  vi.useFakeTimers()
  const { pair, makeSockets } = fakePair()
  isUp = true
  me = 1
  pair.chat.onConnect = () => {
    if (!isUp) return pair.chat.deliver('connect_error', new Error('websocket error'))
    pair.chat.connected = true
    pair.chat.deliver('ready', {})
  }
  connection = new Connection({ url: '', token: () => 'a token', onRefused: () => undefined, makeSockets })
  client = { rest: new Rest('', undefined, () => undefined), connection, me: () => me }
  cut = () => {
    isUp = false
    pair.drop()
  }
  connection.open()
  await vi.advanceTimersByTimeAsync(0)
})

afterEach(() => {
  connection.close()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

async function mend(): Promise<void> {
  isUp = true
  connection.reconnectNow()
  await vi.advanceTimersByTimeAsync(0)
}

test('progress is told, and the stored file in the end', async () => {
  let tellPart: (part: number) => void = () => undefined
  let finish: (file: typeof STORED) => void = () => undefined
  const send: SendFile = (_rest, _file, { onPart }) => {
    tellPart = onPart
    return new Promise((resolve) => (finish = resolve))
  }
  const upload = startUpload(client, FILE, {}, send)
  tellPart(0.5)
  expect(upload.progress.get()).toEqual({ state: 'uploading', part: 0.5 })
  finish(STORED)
  await vi.advanceTimersByTimeAsync(0)
  expect(upload.progress.get()).toEqual({ state: 'done', part: 1, stored: STORED })
})

test('a lost connection is tried again by itself', async () => {
  const send = vi.fn<SendFile>().mockRejectedValueOnce(noAnswer()).mockResolvedValueOnce(STORED)
  const upload = startUpload(client, FILE, {}, send)
  await vi.advanceTimersByTimeAsync(500)
  expect(upload.progress.get().state).toBe('uploading')
  await vi.advanceTimersByTimeAsync(1000)
  expect(upload.progress.get().state).toBe('done')
})

test('with a connection, six tries that get no further are enough', async () => {
  const send = vi.fn<SendFile>().mockRejectedValue(noAnswer())
  const upload = startUpload(client, FILE, {}, send)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(upload.progress.get()).toMatchObject({ state: 'failed', error: { code: 'no_answer' } })
  expect(send).toHaveBeenCalledTimes(6)
})

test('without a connection it pauses, for as long as it takes, and goes on at once when there is one', async () => {
  const send = vi.fn<SendFile>().mockRejectedValue(noAnswer())
  cut()
  const upload = startUpload(client, FILE, {}, send)
  await vi.advanceTimersByTimeAsync(600_000)
  expect(upload.progress.get().state).toBe('uploading')
  expect(send).toHaveBeenCalledTimes(1)
  send.mockResolvedValue(STORED)
  await mend()
  expect(upload.progress.get()).toMatchObject({ state: 'done', stored: STORED })
})

test('a cancelled upload waits for no connection', async () => {
  const send = vi.fn<SendFile>().mockRejectedValue(noAnswer())
  cut()
  const listeners = connection.state.lc
  const upload = startUpload(client, FILE, {}, send)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(connection.state.lc).toBe(listeners + 1)
  upload.cancel()
  expect(connection.state.lc).toBe(listeners)
  await mend()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(send).toHaveBeenCalledTimes(1)
  expect(upload.progress.get().state).toBe('cancelled')
})

test('what waited for a connection does not go up in the name of whoever has signed in meanwhile', async () => {
  const send = vi.fn<SendFile>().mockRejectedValue(noAnswer())
  cut()
  const upload = startUpload(client, FILE, {}, send)
  await vi.advanceTimersByTimeAsync(10_000)
  me = 2
  await mend()
  expect(upload.progress.get().state).toBe('failed')
  expect(send).toHaveBeenCalledTimes(1)
})

test('a refusal is final until somebody tries again', async () => {
  const tooLarge = new MadangError({ code: 'too_large', message: 'Too large.', retryable: false })
  const send = vi.fn<SendFile>().mockRejectedValueOnce(tooLarge).mockResolvedValueOnce(STORED)
  const upload = startUpload(client, FILE, {}, send)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(upload.progress.get()).toMatchObject({ state: 'failed', error: { code: 'too_large' } })
  upload.retry()
  await vi.advanceTimersByTimeAsync(0)
  expect(upload.progress.get().state).toBe('done')
})

test('a cancelled upload stops, and nothing it says later counts', async () => {
  let finish: (file: typeof STORED) => void = () => undefined
  let signal: AbortSignal | undefined
  const send: SendFile = (_rest, _file, sending) => {
    signal = sending.signal
    return new Promise((resolve) => (finish = resolve))
  }
  const upload = startUpload(client, FILE, {}, send)
  upload.cancel()
  expect(signal?.aborted).toBe(true)
  finish(STORED)
  await vi.advanceTimersByTimeAsync(0)
  expect(upload.progress.get()).toEqual({ state: 'cancelled', part: 0 })
})

test('nothing is sent before the browser keeps the file, and each try goes on where the one before has begun', async () => {
  let keep: (kept: boolean) => void = () => undefined
  const addresses: unknown[] = []
  const send: SendFile = (_rest, _file, { address, onAddress }) => {
    addresses.push(address)
    onAddress('/uploads/roof')
    return addresses.length === 1 ? Promise.reject(noAnswer()) : Promise.resolve(STORED)
  }
  const upload = startUpload(client, FILE, { kept: new Promise((resolve) => (keep = resolve)) }, send)
  await vi.advanceTimersByTimeAsync(1000)
  expect(addresses).toEqual([])
  keep(true)
  await vi.advanceTimersByTimeAsync(3000)
  expect(addresses).toEqual([undefined, '/uploads/roof'])
  expect(upload.progress.get()).toMatchObject({ state: 'done', kept: true, address: '/uploads/roof' })
})

test('a browser that has no room is told of, and the file goes as long as the page is open', async () => {
  const upload = startUpload(client, FILE, { kept: Promise.resolve(false) }, () => Promise.resolve(STORED))
  await vi.advanceTimersByTimeAsync(0)
  expect(upload.progress.get()).toMatchObject({ state: 'done', kept: false })
})

test('a disk that does not answer holds no file up', async () => {
  const upload = startUpload(client, FILE, { kept: new Promise(() => undefined) }, () => Promise.resolve(STORED))
  await vi.advanceTimersByTimeAsync(10_000)
  expect(upload.progress.get()).toEqual({ state: 'done', part: 1, stored: STORED })
})

test('refusals are read from the body; a proxy that answers instead is told apart', () => {
  const body = JSON.stringify({ error: { code: 'invalid', message: 'No.', retryable: false, field: 'file' } })
  expect(errorFrom(400, body)).toMatchObject({ code: 'invalid', field: 'file', retryable: false })
  expect(errorFrom(413, '<html>')).toMatchObject({ code: 'too_large', retryable: false })
  expect(errorFrom(502, '<html>')).toMatchObject({ code: 'unavailable', retryable: true })
})

test('what is cancelled while the way to send it is fetched does not go', async () => {
  const request = vi.fn()
  vi.stubGlobal('XMLHttpRequest', request)
  const upload = startUpload(client, FILE)
  upload.cancel()
  await vi.dynamicImportSettled()
  await vi.advanceTimersByTimeAsync(0)
  expect(request).not.toHaveBeenCalled()
  expect(upload.progress.get().state).toBe('cancelled')
})
