import type { Notification } from '@madang/client'
import { createElement, type ReactNode } from 'react'
import { rich, t } from '../i18n/index.ts'
import '../i18n/later.ts'

export interface NoteFacts {
  /** Who did it. */
  name: string
  /** The group it happened in; nothing for a direct conversation. */
  place: string | undefined
}

const bold = (text: string): ReactNode => createElement('b', null, createElement('bdi', null, text))

/** What happened, as one sentence with the names in bold; types we do not know bring their own title. */
export function noteSentence(note: Notification, { name, place = '' }: NoteFacts): ReactNode {
  const values = { name, place, count: note.count, emoji: text(note.data.emoji) }
  const shown = { name: bold, place: bold }
  const several = note.count > 1 && place !== ''
  switch (note.type) {
    case 'mention':
      return several ? rich('notifications.mention.several', values, shown) : rich(place ? 'notifications.mention.group' : 'notifications.mention.direct', values, shown)
    case 'reply':
      return several ? rich('notifications.reply.several', values, shown) : rich(place ? 'notifications.reply.group' : 'notifications.reply.direct', values, shown)
    case 'message':
      return note.count > 1 ? rich('notifications.message.several', values, shown) : rich('notifications.message.one', values, shown)
    case 'reaction':
      return rich(place ? 'notifications.reaction.group' : 'notifications.reaction.direct', values, shown)
    case 'contact_request':
      return rich('notifications.contact_request', values, shown)
    case 'contact_accepted':
      return rich(note.count > 1 ? 'notifications.contact_accepted.several' : 'notifications.contact_accepted', { ...values, count: note.count - 1 }, shown)
    case 'invitation':
      return rich('notifications.invitation', values, shown)
    case 'system':
      if (note.data.kind !== 'report') return note.title
      return rich('notifications.report', { ...values, other: text(note.data.author_name), reason: text(note.data.reason) }, { ...shown, other: bold })
    default:
      return note.title || t('notifications.title')
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
