import type { Contact, Relation } from '@madang/client'

export type Order = 'name' | 'latest'

/** Those who are `relation` to oneself, by name or the latest first. */
export function contactsOf(all: ReadonlyMap<number, Contact>, relation: Relation, order: Order = 'latest'): Contact[] {
  const found = [...all.values()].filter((one) => one.relation === relation)
  return found.sort((one, other) =>
    order === 'name' ? one.account.display_name.localeCompare(other.account.display_name) : (other.since ?? 0) - (one.since ?? 0),
  )
}
