import type { Entry, GroupRulesChanged } from '@madang/client'
import { t, type Key } from '../../i18n/index.ts'
import { comesAlone, type Arrival } from '../logic/folding.ts'
import '../../i18n/later.ts'

/** So many names are said; of the others, how many they are. */
export const NAMED = 3

/** A line of the log in words; several that are shown as one, in one sentence. */
export function systemSentence(entries: readonly Entry[], me: number, nameOf: (id: number) => string): string {
  const [entry] = entries
  if (!entry) return ''
  const mine = entry.actor_id === me
  const name = nameOf(entry.actor_id)
  const who = mine ? t('timeline.who_you') : t('timeline.who', { name })
  switch (entry.kind) {
    case 'member_added':
      return added(entries as Arrival[], me, nameOf)
    case 'member_removed': {
      const { account_id } = entry.data
      if (account_id === entry.actor_id) return mine ? t('timeline.left_you') : t('timeline.left', { name })
      if (account_id === me) return t('timeline.removed_you', { name })
      return mine ? t('timeline.you_removed', { other: nameOf(account_id) }) : t('timeline.removed', { name, other: nameOf(account_id) })
    }
    case 'role_changed': {
      const { account_id, role } = entry.data
      if (account_id === me) return t(`timeline.role_${role}_you`, { who })
      return t(`timeline.role_${role}`, { who, other: nameOf(account_id) })
    }
    case 'conversation_changed': {
      const { title, description, picture_url, rules } = entry.data
      return [
        ...(title !== undefined ? [mine ? t('timeline.you_renamed', { title }) : t('timeline.renamed', { name, title })] : []),
        ...(description !== undefined ? [mine ? t('timeline.you_described') : t('timeline.described', { name })] : []),
        ...(picture_url !== undefined ? [t(picture_url ? 'timeline.pictured' : 'timeline.unpictured', { who })] : []),
        ...(rules ? ruled(rules, who) : []),
      ].join(' ')
    }
    case 'conversation_dissolved':
      return t('timeline.dissolved', { who })
    case 'message_pinned':
      return mine ? t('timeline.pinned_you') : t('timeline.pinned', { name })
    default:
      return ''
  }
}

/** The people that a line is about, whose names it takes; whoever did it is the first. */
export function peopleIn(entries: readonly Entry[]): number[] {
  const [entry] = entries
  if (!entry) return []
  const about = entries.flatMap((one) => ('account_id' in one.data ? [one.data.account_id] : []))
  return [...new Set([entry.actor_id, ...about.slice(0, NAMED)])]
}

function added(entries: readonly Arrival[], me: number, nameOf: (id: number) => string): string {
  const [entry] = entries
  if (!entry) return ''
  const mine = entry.actor_id === me
  const name = nameOf(entry.actor_id)
  const { account_id, role, by } = entry.data
  // The first line of a group: its owner comes with it.
  if (role === 'owner' && comesAlone(entry)) return mine ? t('timeline.created_you') : t('timeline.created', { name })
  if (entries.length > 1) {
    const others = several(entries.map((one) => one.data.account_id), nameOf, me)
    if (comesAlone(entry)) return t('timeline.joined_many', { others })
    return mine ? t('timeline.you_added_many', { others }) : t('timeline.added_many', { name, others })
  }
  if (comesAlone(entry)) {
    if (by === 'invite') return mine ? t('timeline.joined_link_you') : t('timeline.joined_link', { name })
    return mine ? t('timeline.joined_you') : t('timeline.joined', { name })
  }
  if (account_id === me) return t('timeline.added_you', { name })
  return mine ? t('timeline.you_added', { other: nameOf(account_id) }) : t('timeline.added', { name, other: nameOf(account_id) })
}

/** "ben, cleo and 4 others"; in Korean everybody is a 님. */
function several(ids: readonly number[], nameOf: (id: number) => string, me: number): string {
  const shown = ids.length > NAMED ? ids.slice(0, NAMED - 1) : ids
  const names = shown.map((id) => (id === me ? nameOf(id) : t('timeline.one_of', { name: nameOf(id) })))
  if (ids.length > shown.length) return t('timeline.and_others', { names: names.join(', '), count: ids.length - shown.length })
  return t('timeline.and', { names: names.slice(0, -1).join(', '), last: names.at(-1) ?? '' })
}

function ruled(rules: GroupRulesChanged, who: string): string[] {
  const said = Object.entries(rules) as [keyof GroupRulesChanged, string][]
  return said.map(([rule, value]) => t(`timeline.rule_${rule}_${value}` as Key, { who }))
}
