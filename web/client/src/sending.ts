import { cancelled, noAnswer, type MadangError } from './errors.ts'
import { errorFrom, type Rest } from './rest.ts'
import type { File as StoredFile } from './types.ts'
import type { SendFile } from './uploads.ts'

/** Files from here on go so that a cut costs little; the others are quicker in one piece. */
const RESUMABLE_FROM = 4 * 1024 * 1024

/** Sends a file once, in the way that suits its size. */
export const sendFile: SendFile = async (rest, file, sending) => {
  const { onPart, signal } = sending
  // It may have been cancelled while this file was fetched.
  if (signal.aborted) throw cancelled()
  if (typeof XMLHttpRequest === 'undefined') return sendByFetch(rest, file, signal)
  if (file.size < RESUMABLE_FROM) return sendByXhr(rest, file, onPart, signal)
  const { sendResumably } = await import('./resumable.ts').catch(() => Promise.reject(noAnswer()))
  return sendResumably(rest, file, sending)
}

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
