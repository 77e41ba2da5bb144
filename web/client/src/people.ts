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
  private readonly shown = new Set<number>()
  /** Those who may look different by now. */
  private readonly doubted = new Set<number>()
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly wire: ChatWire

  constructor(wire: ChatWire) {
    this.wire = wire
  }

  accountOf(id: number): ReadableAtom<Account | undefined> {
    let store = this.stores.get(id)
    if (!store) {
      store = computed(this.accounts, (accounts) => accounts[id])
      onMount(store, () => {
        this.shown.add(id)
        this.need(id)
        return () => this.shown.delete(id)
      })
      this.stores.set(id, store)
    }
    return store
  }

  learn(accounts: Account[]): void {
    const known = this.accounts.get()
    const fresh = accounts.filter((account) => !same(known[account.id], account))
    for (const { id } of accounts) {
      this.wanted.delete(id)
      this.doubted.delete(id)
    }
    if (fresh.length > 0) this.accounts.set({ ...known, ...Object.fromEntries(fresh.map((account) => [account.id, account])) })
  }

  need(id: number): void {
    if (id < 1 || (this.accounts.get()[id] && !this.doubted.has(id))) return
    this.wanted.add(id)
    this.timer ??= setTimeout(() => void this.ask(), GATHER_MS)
  }

  async find(query: string): Promise<Account[]> {
    const { accounts } = await this.wire.ask('find_people', { query })
    this.learn(accounts)
    return accounts
  }

  /** Nobody was told meanwhile who has another name or picture. */
  doubt(): void {
    for (const id of Object.keys(this.accounts.get())) this.doubted.add(Number(id))
  }

  /** Called when there is a connection again: asks what could not be asked, and who is on the screen. */
  onReady(): void {
    for (const id of this.shown) this.need(id)
    if (this.wanted.size > 0) this.timer ??= setTimeout(() => void this.ask(), GATHER_MS)
  }

  clear(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.wanted.clear()
    this.doubted.clear()
    this.accounts.set({})
  }

  private async ask(): Promise<void> {
    this.timer = undefined
    const account_ids = [...this.wanted].slice(0, BATCH)
    if (account_ids.length === 0) return
    try {
      const { accounts } = await this.wire.ask('get_accounts', { account_ids })
      // Who was not answered does not exist; asking again would not help.
      for (const id of account_ids) {
        this.wanted.delete(id)
        this.doubted.delete(id)
      }
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
