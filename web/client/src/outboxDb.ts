import type { ErrorBody, File as StoredFile, Quote } from './types.ts'

/** A message as it waits on disk. */
export interface StoredSend {
  client_id: string
  account_id: number
  conversation_id: number
  text: string
  reply_to?: Quote
  files: StoredFile[]
  /** How many uploads were not finished; they cannot be resumed after a reload. */
  unfinished_uploads: number
  queued_at: number
  error?: ErrorBody
}

/** Where the outbox keeps messages until they are sent. */
export interface OutboxStorage {
  /** Everything that waits, of every account, in no particular order. */
  all(): Promise<StoredSend[]>
  put(item: StoredSend): Promise<void>
  delete(clientId: string): Promise<void>
}
