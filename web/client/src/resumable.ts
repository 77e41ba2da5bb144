import { DetailedError, Upload } from 'tus-js-client'
import { cancelled, noAnswer, type MadangError } from './errors.ts'
import { errorFrom } from './rest.ts'
import type { SendFile } from './uploads.ts'
import type { File as StoredFile } from './types.ts'

/** Where the uploads of this page go on; across reloads the browser's storage knows it, where there is one. */
const begun = new WeakMap<globalThis.File, string>()
/** Those that are under way here: the same file for two messages is two uploads. */
const underWay = new Set<string>()

/** Sends a file by tus: what has come in before a cut stays there, and the next call for the same file goes on behind it. */
export const sendResumably: SendFile = (rest, file, onPart, signal) =>
  new Promise<StoredFile>((resolve, reject) => {
    const ended = (): void => void underWay.delete(upload.url ?? '')
    const upload = new Upload(file, {
      endpoint: rest.address('uploads'),
      uploadUrl: begun.get(file) ?? null,
      headers: rest.headers(),
      metadata: { filename: file.name, filetype: file.type },
      // Whoever calls decides when to try again.
      retryDelays: null,
      removeFingerprintOnSuccess: true,
      onBeforeRequest: (request) => {
        ;(request.getUnderlyingObject() as XMLHttpRequest).withCredentials = rest.token === undefined
      },
      onUploadUrlAvailable: () => {
        if (!upload.url) return
        begun.set(file, upload.url)
        underWay.add(upload.url)
      },
      onProgress: (sent, total) => onPart(total > 0 ? sent / total : 0),
      onSuccess: () => {
        ended()
        rest.get<StoredFile>(`uploads/${keyOf(upload)}`).then(resolve, reject)
      },
      onError: (error) => {
        ended()
        reject(refusalIn(error))
      },
    })
    signal.addEventListener('abort', () => {
      begun.delete(file)
      ended()
      // What has come in goes too.
      upload.abort(true).catch(() => undefined)
      reject(cancelled())
    })
    void startAgain(upload, signal, !begun.has(file))
  })

async function startAgain(upload: Upload, signal: AbortSignal, isNew: boolean): Promise<void> {
  // Storage may be forbidden: then it begins anew.
  const before = isNew ? await upload.findPreviousUploads().catch(() => []) : []
  if (signal.aborted) return
  const latest = before.filter((one) => !underWay.has(one.uploadUrl ?? '')).at(-1)
  if (latest) upload.resumeFromPreviousUpload(latest)
  upload.start()
}

const keyOf = (upload: Upload): string => (upload.url ?? '').split('/').at(-1) ?? ''

/** The server's own refusal, where it has answered. */
function refusalIn(error: Error | DetailedError): MadangError {
  const answer = error instanceof DetailedError ? error.originalResponse : null
  // 409: what was under way before a cut has come in meanwhile, so it goes on elsewhere.
  return answer && answer.getStatus() !== 409 ? errorFrom(answer.getStatus(), answer.getBody()) : noAnswer()
}
