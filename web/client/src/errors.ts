import type { ErrorBody, ErrorCode } from './types.ts'

/** An error as it is sent and stored; the client adds codes of its own, such as `no_answer`. */
export type ErrorFacts = Omit<ErrorBody, 'code'> & { code: ErrorCode | 'no_answer' | 'not_connected' | 'upload_lost' | 'cancelled' }

/** Why something was not done: a stable `code` for programs, a `message` for people. */
export class MadangError extends Error {
  override readonly name = 'MadangError'
  readonly code: ErrorFacts['code']
  /** Whether the same may be tried again. */
  readonly retryable: boolean
  readonly retry_after_ms?: number
  readonly field?: string

  constructor(body: ErrorFacts) {
    super(body.message)
    this.code = body.code
    this.retryable = body.retryable
    if (body.retry_after_ms !== undefined) this.retry_after_ms = body.retry_after_ms
    if (body.field !== undefined) this.field = body.field
  }

  /** The error as it can be stored and read again. */
  toJSON(): ErrorFacts {
    const { code, message, retryable, retry_after_ms, field } = this
    return { code, message, retryable, ...(retry_after_ms !== undefined && { retry_after_ms }), ...(field !== undefined && { field }) }
  }
}

/** Nothing was heard: whether it was done is unknown, so the same `client_id` must be used again. */
export function noAnswer(): MadangError {
  return new MadangError({ code: 'no_answer', message: 'The server did not answer.', retryable: true })
}

/** It was not sent: there is no connection now. */
export function notConnected(): MadangError {
  return new MadangError({ code: 'not_connected', message: 'There is no connection to the server.', retryable: true })
}

/** Somebody has stopped it. */
export function cancelled(): MadangError {
  return new MadangError({ code: 'cancelled', message: 'The upload was cancelled.', retryable: false })
}

/** Any failure as a MadangError. */
export function asMadangError(reason: unknown): MadangError {
  if (reason instanceof MadangError) return reason
  const message = reason instanceof Error ? reason.message : String(reason)
  return new MadangError({ code: 'internal', message, retryable: false })
}

/** The same failure after everything was tried: a person decides what follows. */
export function final(error: MadangError): MadangError {
  return error.retryable ? new MadangError({ ...error.toJSON(), retryable: false }) : error
}
