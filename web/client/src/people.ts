import { computed, map, onMount, type MapStore, type ReadableAtom } from 'nanostores'
import type { Account } from './types.ts'
import type { ChatWire } from './wire.ts'

const BATCH = 100
const GATHER_MS = 20

/** Everybody met so far. Who is unknown is asked for, many at a time. */
export class People {
  readonly accounts: MapStore<Record<number, Account>> = map({})
  private readonly stores = new Map<number, ReadableAtom<Account | undefined>>()
  private readonly wanted = new Set<number>()
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly wire: ChatWire

  constructor(wire: ChatWire) {
    this.wire = wire
  }

  accountOf(id: number): ReadableAtom<Account | undefined> {
    let store = this.stores.get(id)
    if (!store) {
      store = computed(this.accounts, (accounts) => accounts[id])
      onMount(store, () => this.need(id))
      this.stores.set(id, store)
    }
    return store
  }

  learn(accounts: Account[]): void {
    const known = this.accounts.get()
    const fresh = accounts.filter((account) => !same(known[account.id], account))
    for (const account of accounts) this.wanted.delete(account.id)
    if (fresh.length > 0) this.accounts.set({ ...known, ...Object.fromEntries(fresh.map((account) => [account.id, account])) })
  }

  need(id: number): void {
    if (id < 1 || this.accounts.get()[id]) return
    this.wanted.add(id)
    this.timer ??= setTimeout(() => void this.ask(), GATHER_MS)
  }

  async find(query: string): Promise<Account[]> {
    const { accounts } = await this.wire.ask('find_people', { query })
    this.learn(accounts)
    return accounts
  }

  /** Called when there is a connection again: asks what could not be asked. */
  onReady(): void {
    if (this.wanted.size > 0) this.timer ??= setTimeout(() => void this.ask(), GATHER_MS)
  }

  clear(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.wanted.clear()
    this.accounts.set({})
  }

  private async ask(): Promise<void> {
    this.timer = undefined
    const account_ids = [...this.wanted].slice(0, BATCH)
    if (account_ids.length === 0) return
    try {
      const { accounts } = await this.wire.ask('get_accounts', { account_ids })
      // Who was not answered does not exist; asking again would not help.
      for (const id of account_ids) this.wanted.delete(id)
      this.learn(accounts)
    } catch {
      return // They stay wanted until the next connection.
    }
    if (this.wanted.size > 0) this.timer ??= setTimeout(() => void this.ask(), GATHER_MS)
  }
}

function same(one: Account | undefined, other: Account): boolean {
  return one !== undefined && JSON.stringify(one) === JSON.stringify(other)
}
