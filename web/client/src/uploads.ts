import { atom } from 'nanostores'
import type { Upload, UploadProgress } from './api.ts'
import { inTime, retryDelay, sleep } from './backoff.ts'
import { asMadangError, noAnswer } from './errors.ts'
import { randomId } from './randomId.ts'
import type { Rest } from './rest.ts'
import type { File as StoredFile } from './types.ts'

/** So often in a row without getting any further. */
const TRIES = 6
/** A disk that takes longer to keep a file is not waited for. */
const KEEP_MS = 10_000

/** What one try is told, and tells. */
export interface Sending {
  /** Where an earlier try, or an earlier page, has begun. */
  address: string | undefined
  onAddress: (address: string) => void
  /** How much has gone: 0 to 1. */
  onPart: (part: number) => void
  /** Says when to give up. */
  signal: AbortSignal
}

/** Sends one body. */
export type SendFile = (rest: Rest, file: globalThis.File, sending: Sending) => Promise<StoredFile>

/** What is known of an upload beside its file. */
export interface UploadStart {
  id?: string
  address?: string
  /** Whether this browser keeps the file over a reload: nothing is sent before that is known. */
  kept?: Promise<boolean>
}

/** Starts sending a file. A lost connection is tried again, a refusal is final until `retry`. */
export function startUpload(rest: Rest, file: globalThis.File, start: UploadStart = {}, send: SendFile = sendFile): Upload {
  const { id = randomId(), kept } = start
  const progress = atom<UploadProgress>({ state: 'uploading', part: 0, ...(start.address && { address: start.address }) })
  const tell = (now: UploadProgress): void => {
    const { address, kept: isKept } = progress.get()
    progress.set({ ...(address && { address }), ...(isKept !== undefined && { kept: isKept }), ...now })
  }
  let attempt = new AbortController()

  const run = async ({ signal }: AbortController): Promise<void> => {
    tell({ state: 'uploading', part: 0 })
    if (kept) await inTime(KEEP_MS, kept)
    let furthest = 0
    for (let tries = 0; !signal.aborted; tries++) {
      const onPart = (part: number): void => {
        if (signal.aborted) return
        tell({ state: 'uploading', part })
        if (part <= furthest) return
        furthest = part
        tries = 0
      }
      const onAddress = (address: string): void => tell({ ...progress.get(), address })
      try {
        const stored = await send(rest, file, { address: progress.get().address, onAddress, onPart, signal })
        if (!signal.aborted) tell({ state: 'done', part: 1, stored })
        return
      } catch (reason) {
        if (signal.aborted) return
        const error = asMadangError(reason)
        if (!error.retryable || tries + 1 >= TRIES) return tell({ state: 'failed', part: 0, error })
        await sleep(error.retry_after_ms ?? retryDelay(tries))
        await untilOnline()
      }
    }
  }

  void kept?.then((isKept) => tell({ ...progress.get(), kept: isKept }))
  void run(attempt)
  return {
    id,
    file,
    progress,
    cancel() {
      if (progress.get().state === 'done') return
      attempt.abort()
      tell({ state: 'cancelled', part: 0 })
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
