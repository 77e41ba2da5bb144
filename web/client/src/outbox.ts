/** What waits to be sent, and what goes next: pure functions from one state to the next. */
import type { Item, UnsentItem, Upload } from './api.ts'
import { askAgainDelay } from './backoff.ts'
import { MadangError, type ErrorFacts } from './errors.ts'
import type { StoredSend } from './outboxDb.ts'
import type { Message, MessageSent, File as StoredFile } from './types.ts'

/** A message on its way. */
export interface OutboxItem {
  client_id: string
  account_id: number
  conversation_id: number
  text: string
  reply_to?: Message['reply_to']
  /** Stored files; those of `uploads` are added when all of them are stored. */
  files: StoredFile[]
  uploads: Upload[]
  /** Uploads that another open tab, or this one before it was loaded anew, has still to finish. */
  elsewhere_uploads: number
  /** Which those are, as far as they are known. */
  upload_ids: readonly string[]
  /** Uploads that a reload cut off: their files must be chosen again. */
  lost_uploads: number
  /** The tab it was written in. */
  tab: string
  queued_at: number
  progress: 'waiting' | 'in-flight' | 'failed' | 'answered'
  /** Why it failed, or why it waits. */
  error?: MadangError
  tries: number
  not_before: number
  /** The server's answer; the item stays until its stored twin is here. */
  answer?: MessageSent
}

const LOST: ErrorFacts = {
  code: 'upload_lost',
  message: 'The page was closed before the files were uploaded. Attach them again.',
  retryable: false,
}

export type Queue = readonly OutboxItem[]

/** The items to send now: at most one of each conversation, in the order written, when nothing of it is in flight. */
export function due(queue: Queue, now: number): OutboxItem[] {
  const seen = new Set<number>()
  const found: OutboxItem[] = []
  for (const item of queue) {
    if (!isPending(item) || seen.has(item.conversation_id)) continue
    // Whatever is behind it waits for it, so that the order written is the order sent.
    seen.add(item.conversation_id)
    if (item.progress === 'waiting' && item.not_before <= now && hasItsFiles(item)) found.push(item)
  }
  return found
}

/** When the next item that waits for time may go; nothing when none does. */
export function nextDue(queue: Queue, now: number): number | undefined {
  const times = queue.filter((item) => item.progress === 'waiting' && item.not_before > now).map((item) => item.not_before)
  return times.length > 0 ? Math.min(...times) : undefined
}

/** Whether nothing that was written before it still has to go to the same conversation. */
export function isNext(queue: Queue, item: OutboxItem): boolean {
  return item === queue.find((other) => other.conversation_id === item.conversation_id && isPending(other))
}

export function hasItsFiles(item: OutboxItem): boolean {
  return item.elsewhere_uploads === 0 && item.uploads.every((upload) => upload.progress.get().state === 'done')
}

/** The ids of the files that the message carries. */
export function fileIds(item: OutboxItem): number[] {
  return allFiles(item).map((file) => file.id)
}

export function departed(queue: Queue, clientId: string): Queue {
  return change(queue, clientId, (item) => ({ ...withoutError(item), progress: 'in-flight' }))
}

/** It is stored: nothing is left to do but to wait for its twin. */
export function answered(queue: Queue, clientId: string, answer: MessageSent): Queue {
  return change(queue, clientId, (item) => ({ ...withoutError(item), progress: 'answered', answer }))
}

/**
 * It was refused, or nothing was heard.
 *
 * What may be tried again waits and goes under the same `client_id`; anything else has failed and holds up nobody.
 */
export function refused(queue: Queue, clientId: string, error: MadangError, now: number): Queue {
  return change(queue, clientId, (item) => {
    if (!error.retryable) return { ...item, progress: 'failed', error }
    // A lost connection is nobody's fault: it goes at once when there is one again.
    const wait = error.code === 'not_connected' ? 0 : askAgainDelay(error, item.tries, () => 1)
    return { ...item, progress: 'waiting', error, tries: item.tries + 1, not_before: now + wait }
  })
}

/** A person asks for another try. */
export function again(queue: Queue, clientId: string): Queue {
  return change(queue, clientId, (item) => {
    if (item.lost_uploads > 0) return item
    if (item.progress !== 'failed') return { ...item, not_before: 0 }
    return afresh(item)
  })
}

/** A new connection: whatever was in flight goes again, and nobody waits out an old delay. */
export function reconnected(queue: Queue): Queue {
  return queue.map((item) =>
    isPending(item) ? afresh(item) : item,
  )
}

/** It lets another one go first. */
export function heldBack(queue: Queue, clientId: string): Queue {
  return change(queue, clientId, (item) => ({ ...item, progress: 'waiting' }))
}

/** The page that uploaded its files is gone, and they were not kept: they must be chosen again. */
export function uploadsLost(queue: Queue, clientId: string): Queue {
  return change(queue, clientId, (item) => (item.elsewhere_uploads > 0 ? withLostUploads(item) : item))
}

/** Its files were kept, and go on in this tab. */
export function revived(queue: Queue, clientId: string, uploads: Upload[], tab: string): Queue {
  return change(queue, clientId, (item) => ({ ...item, uploads, elsewhere_uploads: 0, upload_ids: [], tab }))
}

/** The queue with an item that was read on disk or told by another tab: all tabs send from one queue. */
export function merged(queue: Queue, other: OutboxItem): Queue {
  const mine = find(queue, other.client_id)
  if (!mine) return inOrder([...queue, other])
  // What only this tab has: an answer, and files on their way.
  if (mine.progress === 'answered' || mine.uploads.length > 0) return queue
  const progress = other.progress === 'failed' ? 'failed' : mine.progress === 'failed' ? 'waiting' : mine.progress
  const { tries, not_before } = mine
  // It may have been put behind others since that was written; never before them.
  const queued_at = Math.max(mine.queued_at, other.queued_at)
  return inOrder([...change(queue, other.client_id, () => ({ ...other, progress, tries, not_before, queued_at }))])
}

/** The queue with what this tab wrote put behind `queuedAt`, in the order written: the clock may have gone back. */
export function writtenAfter(queue: Queue, tab: string, queuedAt: number): Queue {
  let last = queuedAt
  const stamped = queue.map((item) => (item.tab === tab && item.queued_at <= last ? { ...item, queued_at: ++last } : item))
  return last === queuedAt ? queue : inOrder(stamped)
}

/** When the newest item was written; 0 for none. */
export function lastQueuedAt(items: readonly { queued_at: number }[]): number {
  return items.reduce((last, item) => Math.max(last, item.queued_at), 0)
}

export function without(queue: Queue, clientId: string): Queue {
  return queue.filter((item) => item.client_id !== clientId)
}

export function find(queue: Queue, clientId: string): OutboxItem | undefined {
  return queue.find((item) => item.client_id === clientId)
}

/** The item as a line of the timeline. */
export function shown(item: OutboxItem, isConnected: boolean): UnsentItem | Item {
  const { answer } = item
  const message: Message = {
    conversation_id: item.conversation_id,
    seq: answer?.seq ?? 0,
    client_id: item.client_id,
    sender_id: item.account_id,
    sent_at: answer?.sent_at ?? item.queued_at,
    text: item.text,
    attachments: allFiles(item),
    mentions: [],
    reactions: [],
    ...(item.reply_to && { reply_to: item.reply_to }),
  }
  const line = { kind: 'message', message, key: item.client_id } as const
  if (answer) return { ...line, state: 'sent' }
  return {
    ...line,
    state: item.progress === 'failed' ? 'failed' : isConnected && item.error === undefined ? 'sending' : 'waiting',
    queued_at: item.queued_at,
    ...(item.uploads.length > 0 && { uploads: item.uploads }),
    ...(item.error && { error: item.error }),
  }
}

/** An item from disk. Its unfinished uploads go on while the tab that began them lives, and are lost otherwise. */
export function fromStore(stored: StoredSend, isTabOpen: boolean, notBefore = 0): OutboxItem {
  const isLost = stored.error?.code === LOST.code
  const item: OutboxItem = {
    client_id: stored.client_id,
    account_id: stored.account_id,
    conversation_id: stored.conversation_id,
    text: stored.text,
    files: stored.files,
    uploads: [],
    elsewhere_uploads: isLost ? 0 : stored.unfinished_uploads,
    upload_ids: isLost ? [] : (stored.upload_ids ?? []),
    lost_uploads: isLost ? stored.unfinished_uploads : 0,
    tab: stored.tab,
    queued_at: stored.queued_at,
    progress: stored.error ? 'failed' : 'waiting',
    tries: 0,
    not_before: notBefore,
    ...(stored.reply_to && { reply_to: stored.reply_to }),
    ...(stored.error && { error: new MadangError(stored.error) }),
  }
  return isTabOpen || item.elsewhere_uploads === 0 ? item : withLostUploads(item)
}

/** The item as it is kept on disk. */
export function toStore(item: OutboxItem): StoredSend {
  const underWay = item.uploads.filter((upload) => upload.progress.get().state !== 'done').map(({ id }) => id)
  return {
    client_id: item.client_id,
    account_id: item.account_id,
    conversation_id: item.conversation_id,
    text: item.text,
    files: allFiles(item),
    unfinished_uploads: underWay.length + item.elsewhere_uploads + item.lost_uploads,
    upload_ids: [...underWay, ...item.upload_ids],
    queued_at: item.queued_at,
    tab: item.tab,
    ...(item.reply_to && { reply_to: item.reply_to }),
    ...(item.progress === 'failed' && item.error && { error: item.error.toJSON() }),
  }
}

function isPending(item: OutboxItem): boolean {
  return item.progress === 'waiting' || item.progress === 'in-flight'
}

function withLostUploads(item: OutboxItem): OutboxItem {
  const lost_uploads = item.lost_uploads + item.elsewhere_uploads
  return { ...item, elsewhere_uploads: 0, upload_ids: [], lost_uploads, progress: 'failed', error: new MadangError(LOST) }
}

function inOrder(items: OutboxItem[]): Queue {
  return items.sort((one, other) => one.queued_at - other.queued_at)
}

function afresh(item: OutboxItem): OutboxItem {
  return { ...withoutError(item), progress: 'waiting', tries: 0, not_before: 0 }
}

function withoutError(item: OutboxItem): OutboxItem {
  const { error: _, ...rest } = item
  return rest
}

function allFiles(item: OutboxItem): StoredFile[] {
  return [...item.files, ...item.uploads.flatMap((upload) => upload.progress.get().stored ?? [])]
}

function change(queue: Queue, clientId: string, changed: (item: OutboxItem) => OutboxItem): Queue {
  return queue.map((item) => (item.client_id === clientId ? changed(item) : item))
}
