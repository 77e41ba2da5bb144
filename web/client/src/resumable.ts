import { DetailedError, Upload } from 'tus-js-client'
import { cancelled, noAnswer, type MadangError } from './errors.ts'
import { errorFrom } from './rest.ts'
import type { SendFile } from './uploads.ts'
import type { File as StoredFile } from './types.ts'

/** Sends a file by tus: what has come in before a cut stays there, and the next call with that address goes on behind it. */
export const sendResumably: SendFile = (rest, file, sending) =>
  new Promise<StoredFile>((resolve, reject) => {
    const { address, onAddress, onPart, signal } = sending
    if (signal.aborted) return reject(cancelled())
    const upload = new Upload(file, {
      // Without an endpoint it does not begin anew when the server is only out of breath.
      ...(address ? { uploadUrl: address } : { endpoint: rest.address('uploads') }),
      headers: rest.headers(),
      metadata: { filename: file.name, filetype: file.type },
      // Whoever calls decides when to try again, and knows the address: two files that look alike are two uploads.
      retryDelays: null,
      storeFingerprintForResuming: false,
      onBeforeRequest: (request) => {
        ;(request.getUnderlyingObject() as XMLHttpRequest).withCredentials = rest.token === undefined
      },
      onUploadUrlAvailable: () => upload.url && onAddress(upload.url),
      onProgress: (sent, total) => onPart(total > 0 ? sent / total : 0),
      onSuccess: () => void rest.get<StoredFile>(`uploads/${keyOf(upload)}`).then(resolve, reject),
      onError: (error) => {
        // After a day it is no longer there.
        if (address && statusOf(error) === 404) sendResumably(rest, file, { ...sending, address: undefined }).then(resolve, reject)
        else reject(refusalIn(error))
      },
    })
    signal.addEventListener('abort', () => {
      // What has come in goes too.
      upload.abort(true).catch(() => undefined)
      reject(cancelled())
    })
    upload.start()
  })

const keyOf = (upload: Upload): string => (upload.url ?? '').split('/').at(-1) ?? ''

const statusOf = (error: Error): number | undefined => (error instanceof DetailedError ? error.originalResponse?.getStatus() : undefined)

/** The server's own refusal, where it has answered. */
function refusalIn(error: Error): MadangError {
  const answer = error instanceof DetailedError ? error.originalResponse : null
  // 409: what was under way before a cut has come in meanwhile, so it goes on elsewhere.
  return answer && answer.getStatus() !== 409 ? errorFrom(answer.getStatus(), answer.getBody()) : noAnswer()
}
