import type { ConversationView } from '@madang/client'

export type Filter = 'all' | 'unread' | 'direct' | 'groups'

export const filters: readonly Filter[] = ['all', 'unread', 'direct', 'groups']

/** What the list shows under a chip. The open conversation stays under Unread, so that reading it does not take it away. */
export function shown(conversations: readonly ConversationView[], filter: Filter, openId: number | undefined): ConversationView[] {
  return conversations.filter((one) => {
    if (one.preferences.archived && one.unread === 0 && one.id !== openId) return false
    if (filter === 'unread') return one.unread > 0 || one.id === openId
    if (filter === 'direct') return one.kind === 'direct'
    return filter === 'groups' ? one.kind !== 'direct' : true
  })
}

/** The order of before where `before` is given: rows do not jump under a pointer. New ones come first. */
export function keepOrder(conversations: readonly ConversationView[], before: readonly number[] | undefined): ConversationView[] {
  if (!before) return [...conversations]
  const place = new Map(before.map((id, index) => [id, index]))
  return [...conversations].sort((one, other) => (place.get(one.id) ?? -1) - (place.get(other.id) ?? -1))
}
