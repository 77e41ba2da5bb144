import type { ConversationView } from '@madang/client'
import { t } from '../i18n/index.ts'

/** What a row of the list shows, decided in one place: what stands in the second line and in the right slot. */
export interface RowState {
  unread: boolean
  muted: boolean
  slot: { kind: 'mentions' | 'direct' | 'plain'; count: number } | { kind: 'dot' } | undefined
  preview:
    | { kind: 'failed'; text: string }
    | { kind: 'draft'; text: string }
    | { kind: 'typing'; text: string }
    | { kind: 'message'; text: string }
}

export interface RowFacts {
  conversation: ConversationView
  meId: number
  /** Names of those who write now. */
  typing: string[]
  /** Own unsent text; not given for the conversation that is open. */
  draft: string | undefined
  /** Name of whoever said the last message. */
  lastSender: string | undefined
  now: number
}

/** Not sent wins over all, then typing, then one's own draft, then the last message. */
export function rowState({ conversation, meId, typing, draft, lastSender, now }: RowFacts): RowState {
  const muted = isMuted(conversation, now)
  return {
    unread: conversation.unread > 0 && !muted,
    muted,
    slot: slotOf(conversation, muted),
    preview: previewOf(),
  }

  function previewOf(): RowState['preview'] {
    const last = lastText(conversation, meId, lastSender)
    if (conversation.not_sent > 0) return { kind: 'failed', text: t('row.not_sent_count', { count: conversation.not_sent }) }
    if (typing.length > 0) return { kind: 'typing', text: typingText(typing) }
    if (draft) return { kind: 'draft', text: draft.replace(/\s+/g, ' ').trim() }
    return { kind: 'message', text: last }
  }
}

export function isMuted({ preferences }: ConversationView, now: number): boolean {
  return preferences.notify === 'nothing' || (preferences.muted_until ?? 0) > now
}

/** Persimmon calls a person: mentions, and what is said to one alone. */
export function callsOf(conversation: ConversationView, now: number): number {
  if (conversation.kind === 'direct') return isMuted(conversation, now) ? 0 : conversation.unread
  return isMuted(conversation, now) ? 0 : conversation.mentions
}

/** 1: "ana is typing", 2: both names, more: several people. */
export function typingText(names: string[]): string {
  const [first = '', second = ''] = names
  if (names.length === 1) return t('typing.one', { name: first })
  return names.length === 2 ? t('typing.two', { name: first, other: second }) : t('typing.several')
}

/** The row as a screen reader says it: "Design room, 4 unread, 2 mentions, muted, draft". */
export function rowLabel(name: string, state: RowState, conversation: ConversationView, presence: string | undefined): string {
  const parts = [name]
  if (presence) parts.push(presence)
  if (conversation.unread > 0) parts.push(t('row.label.unread', { count: conversation.unread }))
  if (conversation.mentions > 0 && conversation.kind !== 'direct') parts.push(t('row.label.mentions', { count: conversation.mentions }))
  if (state.muted) parts.push(t('row.label.muted'))
  if (state.preview.kind === 'draft') parts.push(t('row.draft'))
  if (state.preview.kind === 'failed') parts.push(t('row.not_sent'))
  parts.push(state.preview.text)
  return parts.filter(Boolean).join(', ')
}

function slotOf(conversation: ConversationView, muted: boolean): RowState['slot'] {
  if (conversation.kind !== 'direct' && conversation.mentions > 0) return { kind: 'mentions', count: conversation.mentions }
  if (conversation.unread === 0) return undefined
  if (muted) return { kind: 'dot' }
  return { kind: conversation.kind === 'direct' ? 'direct' : 'plain', count: conversation.unread }
}

function lastText(conversation: ConversationView, meId: number, lastSender: string | undefined): string {
  const last = conversation.last_message
  if (!last) return conversation.description || t('row.empty')
  const what = last.deleted ? t('row.deleted') : last.text.replace(/\s+/g, ' ').trim() || t('row.files', { count: last.attachment_count })
  if (last.sender_id === meId) return t('row.own', { text: what })
  return conversation.kind === 'direct' || !lastSender ? what : t('row.said', { name: lastSender, text: what })
}
