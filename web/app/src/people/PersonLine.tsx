import type { Account } from '@madang/client'
import { PersonAvatar } from '../components/index.ts'

/** A person in a list: face, name, username. */
export function PersonLine({ account }: { account: Account }) {
  return (
    <>
      <PersonAvatar account={account} size={32} />
      <span className="grow cut">
        <bdi>{account.display_name}</bdi> <bdi className="small">@{account.username}</bdi>
      </span>
    </>
  )
}
