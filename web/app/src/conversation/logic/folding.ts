import type { Entry } from '@madang/client'

export type Arrival = Extract<Entry, { kind: 'member_added' }>

/** Whether an entry is shown in the same line as the one before it: people who come one after the other. */
export function folds(before: Entry, entry: Entry): boolean {
  if (entry.kind === 'role_changed' && before.kind === 'role_changed') {
    // Whoever hands a group over becomes an admin of it: that goes without saying.
    return before.data.role === 'owner' && entry.actor_id === before.actor_id && entry.data.account_id === entry.actor_id
  }
  // What a group is made with stands above its first line already.
  if (before.kind === 'member_added' && entry.kind === 'conversation_changed') return before.data.role === 'owner' && before.at === entry.at
  if (before.kind !== 'member_added' || entry.kind !== 'member_added' || before.data.role === 'owner') return false
  return comesAlone(entry) ? comesAlone(before) : !comesAlone(before) && before.actor_id === entry.actor_id
}

/** Whether somebody came by themselves, and was not brought in. */
export const comesAlone = (entry: Arrival): boolean => entry.data.account_id === entry.actor_id
