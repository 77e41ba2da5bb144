import type { Entry } from '@madang/client'
import { t } from '../../i18n/index.ts'

interface Names {
  me: number
  actor: string
  other: string
}

/** A line of the log in words. */
export function systemSentence(entry: Entry, { me, actor, other }: Names): string {
  const mine = entry.actor_id === me
  switch (entry.kind) {
    case 'member_added':
      // The first line of a group: its owner comes with it.
      if (entry.data.role === 'owner' && entry.data.account_id === entry.actor_id) return mine ? t('timeline.created_you') : t('timeline.created', { name: actor })
      if (entry.data.account_id === entry.actor_id) return mine ? t('timeline.joined_you') : t('timeline.joined', { name: actor })
      if (entry.data.account_id === me) return t('timeline.added_you', { name: actor })
      return mine ? t('timeline.you_added', { other }) : t('timeline.added', { name: actor, other })
    case 'member_removed':
      if (entry.data.account_id === entry.actor_id) return mine ? t('timeline.left_you') : t('timeline.left', { name: actor })
      if (entry.data.account_id === me) return t('timeline.removed_you', { name: actor })
      return mine ? t('timeline.you_removed', { other }) : t('timeline.removed', { name: actor, other })
    case 'role_changed':
      if (entry.data.account_id === me) return t(entry.data.role === 'member' ? 'timeline.role_member_you' : entry.data.role === 'owner' ? 'timeline.role_owner_you' : 'timeline.role_admin_you')
      return t(entry.data.role === 'member' ? 'timeline.role_member' : entry.data.role === 'owner' ? 'timeline.role_owner' : 'timeline.role_admin', { other })
    case 'conversation_changed':
      if (entry.data.title) return mine ? t('timeline.you_renamed', { title: entry.data.title }) : t('timeline.renamed', { name: actor, title: entry.data.title })
      return mine ? t('timeline.you_described') : t('timeline.described', { name: actor })
    case 'message_pinned':
      return mine ? t('timeline.pinned_you') : t('timeline.pinned', { name: actor })
    default:
      return ''
  }
}
