import type { Notification } from '@madang/client'
import { createElement, type ReactNode } from 'react'
import { rich, t, type Key } from '../i18n/index.ts'
import '../i18n/later.ts'

export interface NoteFacts {
  /** Who did it, and where others did it too, the last of them. */
  name: string
  /** The group it happened in; nothing for a direct conversation. */
  place: string | undefined
}

/** The server counts no further who they were. */
const mostActors = 20

const bold = (text: string): ReactNode => createElement('b', null, createElement('bdi', null, text))

/** What happened, as one sentence with the names in bold; types we do not know bring their own title. */
export function noteSentence(note: Notification, { name, place = '' }: NoteFacts): ReactNode {
  const others = othersOf(note)
  const said = {
    name,
    place,
    emoji: text(note.data.emoji),
    other: text(note.data.author_name),
    reason: reasonsOf(note).join(' · '),
    others: others + 1 < mostActors ? others : `${others}+`,
  }
  const say = (key: Key, count = note.count) => rich(key, { ...said, count }, { name: bold, place: bold, other: bold })
  const several = note.count > 1
  switch (note.type) {
    case 'mention':
      if (place) return say(several ? 'notifications.mention.several' : 'notifications.mention.group')
      return say(several ? 'notifications.mention.direct.several' : 'notifications.mention.direct')
    case 'reply':
      if (place) return say(several ? 'notifications.reply.several' : 'notifications.reply.group')
      return say(several ? 'notifications.reply.direct.several' : 'notifications.reply.direct')
    case 'message':
      return say(several ? 'notifications.message.several' : 'notifications.message.one')
    case 'reaction':
      if (!place) return say(several ? 'notifications.reaction.direct.several' : 'notifications.reaction.direct')
      if (others > 0) return say('notifications.reaction.others', others)
      return say(several ? 'notifications.reaction.group.several' : 'notifications.reaction.group')
    case 'contact_request':
      return say('notifications.contact_request')
    case 'contact_accepted':
      return others > 0 ? say('notifications.contact_accepted.several', others) : say('notifications.contact_accepted')
    case 'invitation':
      return say('notifications.invitation')
    case 'system':
      if (note.data.kind !== 'report') return note.title
      if (others > 0) return say('notifications.report.others', others)
      return say(several ? 'notifications.report.several' : 'notifications.report')
    default:
      return note.title || t('notifications.title')
  }
}

/** How many did the same before the one who is named. */
function othersOf({ data }: Notification): number {
  return typeof data.actor_count === 'number' ? Math.max(0, data.actor_count - 1) : 0
}

/** Why a message was reported, the newest reason first. */
function reasonsOf({ data }: Notification): string[] {
  const reasons = Array.isArray(data.reasons) ? data.reasons.map(text) : [text(data.reason)]
  return reasons.filter((reason) => reason !== '')
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
