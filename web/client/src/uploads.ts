import { atom } from 'nanostores'
import type { Upload, UploadProgress } from './api.ts'
import { retryDelay, sleep } from './backoff.ts'
import { asMadangError, MadangError, noAnswer } from './errors.ts'
import { randomId } from './randomId.ts'
import { errorFrom, type Rest } from './rest.ts'
import type { File as StoredFile } from './types.ts'

const TRIES = 6

/** Sends one body; tells how much has gone, and gives up when `signal` says so. */
export type SendFile = (rest: Rest, file: globalThis.File, onPart: (part: number) => void, signal: AbortSignal) => Promise<StoredFile>

/** Starts sending a file. A lost connection is tried again, a refusal is final until `retry`. */
export function startUpload(rest: Rest, file: globalThis.File, send: SendFile = sendFile): Upload {
  const progress = atom<UploadProgress>({ state: 'uploading', part: 0 })
  let attempt = new AbortController()

  const run = async ({ signal }: AbortController): Promise<void> => {
    progress.set({ state: 'uploading', part: 0 })
    for (let tries = 0; ; tries++) {
      try {
        const stored = await send(rest, file, (part) => !signal.aborted && progress.set({ state: 'uploading', part }), signal)
        if (!signal.aborted) progress.set({ state: 'done', part: 1, stored })
        return
      } catch (reason) {
        if (signal.aborted) return
        const error = asMadangError(reason)
        if (!error.retryable || tries + 1 >= TRIES) return progress.set({ state: 'failed', part: 0, error })
        await sleep(error.retry_after_ms ?? retryDelay(tries))
        if (signal.aborted) return
      }
    }
  }

  void run(attempt)
  return {
    id: randomId(),
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

const sendFile: SendFile = (rest, file, onPart, signal) =>
  typeof XMLHttpRequest === 'undefined' ? sendByFetch(rest, file, signal) : sendByXhr(rest, file, onPart, signal)

/** `fetch` tells nothing of what has gone; the old way does. */
function sendByXhr(rest: Rest, file: globalThis.File, onPart: (part: number) => void, signal: AbortSignal): Promise<StoredFile> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', rest.address('files'))
    request.withCredentials = rest.token === undefined
    for (const [name, value] of Object.entries(rest.headers())) request.setRequestHeader(name, value)
    request.upload.onprogress = ({ loaded, total }) => onPart(total > 0 ? loaded / total : 0)
    request.onload = () => settle(request.status, request.responseText, resolve, reject)
    request.onerror = () => reject(noAnswer())
    request.onabort = () => reject(cancelled())
    signal.addEventListener('abort', () => request.abort())
    request.send(bodyOf(file))
  })
}

async function sendByFetch(rest: Rest, file: globalThis.File, signal: AbortSignal): Promise<StoredFile> {
  const response = await fetch(rest.address('files'), {
    method: 'POST',
    headers: rest.headers(),
    credentials: rest.token ? 'omit' : 'include',
    body: bodyOf(file),
    signal,
  }).catch(() => Promise.reject(noAnswer()))
  const text = await response.text()
  return new Promise((resolve, reject) => settle(response.status, text, resolve, reject))
}

function settle(status: number, text: string, resolve: (file: StoredFile) => void, reject: (error: MadangError) => void): void {
  if (status < 200 || status > 299) reject(errorFrom(status, text))
  else resolve(JSON.parse(text) as StoredFile)
}

function bodyOf(file: globalThis.File): FormData {
  const form = new FormData()
  form.append('file', file, file.name)
  return form
}

function cancelled(): MadangError {
  return new MadangError({ code: 'cancelled', message: 'The upload was cancelled.', retryable: false })
}
