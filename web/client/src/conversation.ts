/** What an entry changes in the row of its conversation: pure functions. */
import { excerptOf, namesMe } from './timeline.ts'
import type { Conversation, ConversationChanged, Entry, LastMessage, Message } from './types.ts'

/** The row after an entry, and whether the server must be asked because the row alone cannot know the counts. */
export interface RowChange {
  row: Conversation
  /** Something was missed, or an unread message was deleted. */
  ask: boolean
}

/** The row with one more entry of the log. An entry that the row has seen changes nothing. */
export function withEntry(row: Conversation, entry: Entry, me: number): RowChange {
  if (entry.seq <= row.head_seq) return { row, ask: false }
  const changed = change({ ...row, head_seq: entry.seq }, entry, me)
  return { row: changed, ask: entry.seq > row.head_seq + 1 || wasUnread(row, entry) }
}

/** The row with one's own mark at `seq`; only forward. Counts come from whoever can count. */
export function withReadMark(row: Conversation, seq: number, counts: { unread: number; mentions: number } | undefined): RowChange {
  if (seq <= row.read_seq) return { row, ask: false }
  if (seq >= row.head_seq) return { row: { ...row, read_seq: seq, unread: 0, mentions: 0 }, ask: false }
  return { row: { ...row, read_seq: seq, ...counts }, ask: counts === undefined }
}

/** Pinned first, then by last activity. */
export function sorted<Row extends Conversation>(rows: Row[]): Row[] {
  return rows.sort(
    (one, other) =>
      Number(other.preferences.pinned) - Number(one.preferences.pinned) ||
      other.last_active_at - one.last_active_at ||
      other.id - one.id,
  )
}

function change(row: Conversation, entry: Entry, me: number): Conversation {
  switch (entry.kind) {
    case 'message_created':
      return withMessage({ ...row, last_active_at: entry.at }, entry.data, me)
    case 'message_edited':
      return withLast(row, entry.data.target_seq, (last) => ({ ...last, text: excerptOf(entry.data.text) }))
    case 'message_deleted':
      return withLast(row, entry.data.target_seq, (last) => ({ ...last, text: '', attachment_count: 0, deleted: true }))
    case 'member_added':
      return { ...row, member_count: row.member_count + 1 }
    case 'member_removed':
      return { ...row, member_count: Math.max(0, row.member_count - 1) }
    case 'role_changed':
      return entry.data.account_id === me ? { ...row, role: entry.data.role } : row
    case 'conversation_changed':
      return withChange(row, entry.data)
    case 'conversation_dissolved':
      return { ...row, dissolved_at: entry.at }
    default:
      return row
  }
}

function withChange(row: Conversation, { rules, ...about }: ConversationChanged): Conversation {
  return { ...row, ...about, ...(rules && { rules: { ...row.rules, ...rules } }) }
}

function withMessage(row: Conversation, message: Message, me: number): Conversation {
  const last_message: LastMessage = {
    seq: message.seq,
    sender_id: message.sender_id,
    sent_at: message.sent_at,
    text: excerptOf(message.text),
    attachment_count: message.attachments.length,
    deleted: message.deleted_at !== undefined,
  }
  // Whoever writes has read: the server moves the sender's mark in the same transaction.
  if (message.sender_id === me) return { ...row, last_message, read_seq: message.seq, unread: 0, mentions: 0 }
  if (message.seq <= row.read_seq) return { ...row, last_message }
  return { ...row, last_message, unread: row.unread + 1, mentions: row.mentions + (namesMe(message, me) ? 1 : 0) }
}

function withLast(row: Conversation, target: number, changed: (last: LastMessage) => LastMessage): Conversation {
  return row.last_message?.seq === target ? { ...row, last_message: changed(row.last_message) } : row
}

function wasUnread(row: Conversation, entry: Entry): boolean {
  return (entry.kind === 'message_deleted' || entry.kind === 'message_edited') && entry.data.target_seq > row.read_seq
}
