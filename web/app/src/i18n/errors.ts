import { MadangError } from '@madang/client'
import { byteSize } from './format.ts'
import { t, type Key } from './index.ts'

const sentences: Partial<Record<string, Key>> = {
  unauthorized: 'error.unauthorized',
  expired: 'error.expired',
  not_found: 'error.not_found',
  forbidden: 'error.forbidden',
  too_large: 'error.too_large',
  busy: 'error.busy',
  unavailable: 'error.busy',
  no_answer: 'error.no_answer',
  not_connected: 'error.no_connection',
  internal: 'error.internal',
}

/** Why something did not happen, in the reader's language; the server's own words where it knows better. */
export function errorText(reason: unknown): string {
  if (!(reason instanceof MadangError)) return t('error.no_answer')
  if (reason.code === 'rate_limited') return t('error.rate_limited', { count: Math.max(1, Math.ceil((reason.retry_after_ms ?? 1000) / 1000)) })
  if (reason.field === 'quota') return t('error.no_room')
  const key = sentences[reason.code]
  return key ? t(key) : reason.message
}

export const tooLargeText = (limit: number): string => t('error.file_too_large', { size: byteSize(limit) })
