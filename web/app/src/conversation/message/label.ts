import type { Item } from '@madang/client'
import { clockTime } from '../../i18n/format.ts'
import { t } from '../../i18n/index.ts'
import type { Row } from '../logic/runs.ts'

type MessageItem = Extract<Item, { kind: 'message' }>

/** A message as it is said: who, when, what, and what has become of it. */
export function messageLabel(row: Row, item: MessageItem, names: { me: number; author: string; quoted: string; origin: string }): string {
  const { message } = item
  const parts = [row.own ? t('message.you') : names.author, clockTime(message.sent_at)]
  if (message.deleted_at !== undefined) return [...parts, t('message.deleted')].join(', ')
  if (message.text) parts.push(message.text)
  if (message.attachments.length > 0) parts.push(t('message.label.files', { count: message.attachments.length }))
  if (message.forward_of) parts.push(t('message.label.forwarded', { name: names.origin }))
  if (message.pinned_at !== undefined) parts.push(t('message.pinned'))
  if (message.edited_at !== undefined) parts.push(t('message.edited'))
  if (message.reactions.length > 0) parts.push(t('message.label.reactions', { count: message.reactions.reduce((sum, one) => sum + one.count, 0) }))
  if (message.reply_to) parts.push(t('message.label.reply', { name: message.reply_to.sender_id === names.me ? t('message.you') : names.quoted }))
  if (item.state === 'sending') parts.push(t('message.state.sending'))
  if (item.state === 'waiting') parts.push(t('message.state.waiting'))
  if (item.state === 'failed') parts.push(t(item.error?.code === 'upload_lost' ? 'message.state.failed' : 'message.label.failed'))
  return parts.join(', ')
}
