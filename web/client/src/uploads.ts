import { atom } from 'nanostores'
import type { Upload, UploadProgress } from './api.ts'
import { inTime, retryDelay, sleep } from './backoff.ts'
import type { Connection } from './connection.ts'
import { asMadangError, noAnswer } from './errors.ts'
import { randomId } from './randomId.ts'
import type { Rest } from './rest.ts'
import type { File as StoredFile } from './types.ts'

/** So often in a row, with a connection, without getting any further. */
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

/** Where files go, and in whose name. */
export interface UploadsTo {
  rest: Rest
  connection: Pick<Connection, 'ready' | 'untilReady'>
  me: () => number
}

/** Starts sending a file. Without a connection it pauses until there is one again; a refusal is final until `retry`. */
export function startUpload({ rest, connection, me }: UploadsTo, file: globalThis.File, start: UploadStart = {}, send: SendFile = sendFile): Upload {
  const { id = randomId(), kept } = start
  const owner = me()
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
        // Whatever fails without a connection says nothing of the file.
        if (!connection.ready) tries = 0
        if (!error.retryable || tries + 1 >= TRIES) return tell({ state: 'failed', part: 0, error })
        await sleep(error.retry_after_ms ?? retryDelay(tries))
        while (!connection.ready && !signal.aborted) await connection.untilReady(signal)
        // Somebody else has signed in meanwhile: it is not theirs.
        if (me() !== owner && !signal.aborted) return tell({ state: 'failed', part: 0, error })
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
