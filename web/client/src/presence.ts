import { atom, onMount, type ReadableAtom, type WritableAtom } from 'nanostores'
import type { Presence } from './types.ts'
import type { ChatWire } from './wire.ts'

const MOST_WATCHED = 100
const SETTLE_MS = 200

/** Who is reachable, for those whose store somebody listens to. */
export class Presences {
  private readonly stores = new Map<number, WritableAtom<Presence | undefined>>()
  private readonly watched = new Set<number>()
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly wire: ChatWire

  constructor(wire: ChatWire) {
    this.wire = wire
    wire.on('presence', (presence) => this.storeOf(presence.account_id).set(presence))
  }

  presenceOf(id: number): ReadableAtom<Presence | undefined> {
    return this.storeOf(id)
  }

  /** A new connection watches nobody until it is told. */
  onReady(): void {
    if (this.watched.size > 0) this.settle()
  }

  clear(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    for (const store of this.stores.values()) store.set(undefined)
  }

  private storeOf(id: number): WritableAtom<Presence | undefined> {
    let store = this.stores.get(id)
    if (!store) {
      store = atom<Presence | undefined>()
      this.stores.set(id, store)
      onMount(store, () => {
        this.watched.add(id)
        this.settle()
        return () => {
          this.watched.delete(id)
          this.settle()
        }
      })
    }
    return store
  }

  private settle(): void {
    this.timer ??= setTimeout(() => void this.watch(), SETTLE_MS)
  }

  private async watch(): Promise<void> {
    this.timer = undefined
    // The latest to be shown are the ones on the screen.
    const account_ids = [...this.watched].slice(-MOST_WATCHED)
    try {
      const { presence } = await this.wire.ask('watch_presence', { account_ids })
      for (const one of presence) this.storeOf(one.account_id).set(one)
    } catch {
      return // The next `ready` sends the list again.
    }
  }
}
