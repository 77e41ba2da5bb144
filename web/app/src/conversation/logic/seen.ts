import type { Account, Member } from '@madang/client'
import type { Row } from './runs.ts'

/** Who has read the last own message that anybody has read. */
export interface Seen {
  key: string
  by: Account[]
}

/** Conversations larger than this do not show who has read. */
const MAX_MEMBERS = 20

export function seenOf(rows: readonly Row[], members: readonly Member[] | undefined, me: number): Seen | undefined {
  if (!members || members.length > MAX_MEMBERS) return undefined
  const others = members.filter((member) => member.account.id !== me)
  const furthest = Math.max(0, ...others.map((member) => member.read_seq ?? 0))
  const row = rows.findLast((one) => one.own && one.seq > 0 && one.seq <= furthest && one.item.kind === 'message' && one.item.message.deleted_at === undefined)
  if (!row) return undefined
  return { key: row.key, by: others.filter((member) => (member.read_seq ?? 0) >= row.seq).map((member) => member.account) }
}
