import { atom } from 'nanostores'
import type { Upload, UploadProgress } from './api.ts'
import { retryDelay, sleep } from './backoff.ts'
import { asMadangError, noAnswer } from './errors.ts'
import { randomId } from './randomId.ts'
import type { Rest } from './rest.ts'
import type { File as StoredFile } from './types.ts'

/** So often in a row without getting any further. */
const TRIES = 6

/** Sends one body; tells how much has gone, and gives up when `signal` says so. */
export type SendFile = (rest: Rest, file: globalThis.File, onPart: (part: number) => void, signal: AbortSignal) => Promise<StoredFile>

/** Starts sending a file. A lost connection is tried again, a refusal is final until `retry`. */
export function startUpload(rest: Rest, file: globalThis.File, send: SendFile = sendFile, id = randomId()): Upload {
  const progress = atom<UploadProgress>({ state: 'uploading', part: 0 })
  let attempt = new AbortController()

  const run = async ({ signal }: AbortController): Promise<void> => {
    progress.set({ state: 'uploading', part: 0 })
    let furthest = 0
    for (let tries = 0; ; tries++) {
      const onPart = (part: number): void => {
        if (signal.aborted) return
        progress.set({ state: 'uploading', part })
        if (part <= furthest) return
        furthest = part
        tries = 0
      }
      try {
        const stored = await send(rest, file, onPart, signal)
        if (!signal.aborted) progress.set({ state: 'done', part: 1, stored })
        return
      } catch (reason) {
        if (signal.aborted) return
        const error = asMadangError(reason)
        if (!error.retryable || tries + 1 >= TRIES) return progress.set({ state: 'failed', part: 0, error })
        await sleep(error.retry_after_ms ?? retryDelay(tries))
        await untilOnline()
        if (signal.aborted) return
      }
    }
  }

  void run(attempt)
  return {
    id,
    file,
    progress,
    cancel() {
      if (progress.get().state === 'done') return
      attempt.abort()
      progress.set({ state: 'cancelled', part: 0 })
    },
    retry() {
      if (progress.get().state === 'uploading' || progress.get().state === 'done') return
      attempt = new AbortController()
      void run(attempt)
    },
  }
}

/** How files are sent comes with the first one. */
export const sendFile: SendFile = async (...about) => {
  const { sendFile: send } = await import('./sending.ts').catch(() => Promise.reject(noAnswer()))
  return send(...about)
}

/** A browser that knows that it has no network says when it has one again. */
function untilOnline(): Promise<void> {
  if (typeof navigator === 'undefined' || navigator.onLine !== false) return Promise.resolve()
  return new Promise((resolve) => addEventListener('online', () => resolve(), { once: true }))
}
