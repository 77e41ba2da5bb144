import type { ErrorBody } from './types.ts'

/** Why something was not done: a stable `code` for programs, a `message` for people. */
export class MadangError extends Error {
  override readonly name = 'MadangError'
  readonly code: string
  /** Whether the same may be tried again. */
  readonly retryable: boolean
  readonly retry_after_ms?: number
  readonly field?: string

  constructor(body: ErrorBody) {
    super(body.message)
    this.code = body.code
    this.retryable = body.retryable
    if (body.retry_after_ms !== undefined) this.retry_after_ms = body.retry_after_ms
    if (body.field !== undefined) this.field = body.field
  }

  /** The error as it can be stored and read again. */
  toJSON(): ErrorBody {
    const { code, message, retryable, retry_after_ms, field } = this
    return { code, message, retryable, ...(retry_after_ms !== undefined && { retry_after_ms }), ...(field !== undefined && { field }) }
  }
}

/** Nothing was heard: whether it was done is unknown, so the same `client_id` must be used again. */
export function noAnswer(): MadangError {
  return new MadangError({ code: 'no_answer', message: 'The server did not answer.', retryable: true })
}

/** Any failure as a MadangError. */
export function asMadangError(reason: unknown): MadangError {
  if (reason instanceof MadangError) return reason
  const message = reason instanceof Error ? reason.message : String(reason)
  return new MadangError({ code: 'internal', message, retryable: false })
}
