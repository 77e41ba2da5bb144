import { atom, type ReadableAtom, type WritableAtom } from 'nanostores'
import type { ChatWire } from './wire.ts'

const SAY_AGAIN_MS = 3_000
const FORGET_MS = 6_000

/** Who writes where. A sign of writing is forgotten after 6 seconds by this device's own clock. */
export class TypingSigns {
  private readonly stores = new Map<number, WritableAtom<number[]>>()
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>()
  private readonly saidAt = new Map<number, number>()
  private readonly wire: ChatWire

  constructor(wire: ChatWire, me: () => number) {
    this.wire = wire
    wire.on('typing', ({ conversation_id, account_id, until }) => {
      if (account_id === me()) return
      if (until === 0) this.forget(conversation_id, account_id)
      else this.remember(conversation_id, account_id)
    })
    wire.on('message_created', (entry) => this.forget(entry.conversation_id, entry.actor_id))
  }

  typingIn(conversationId: number): ReadableAtom<number[]> {
    return this.storeOf(conversationId)
  }

  /** One writes: said at most every 3 seconds. */
  start(conversationId: number): void {
    const before = this.saidAt.get(conversationId)
    if (before !== undefined && Date.now() - before < SAY_AGAIN_MS) return
    this.saidAt.set(conversationId, Date.now())
    this.wire.tell('start_typing', { conversation_id: conversationId })
  }

  /** One has stopped, or has sent. */
  stop(conversationId: number): void {
    const before = this.saidAt.get(conversationId)
    this.saidAt.delete(conversationId)
    if (before !== undefined && Date.now() - before < FORGET_MS) this.wire.tell('stop_typing', { conversation_id: conversationId })
  }

  clear(): void {
    for (const timer of this.timers.values()) clearTimeout(timer)
    this.timers.clear()
    this.saidAt.clear()
    for (const store of this.stores.values()) store.set([])
  }

  private remember(conversationId: number, accountId: number): void {
    const store = this.storeOf(conversationId)
    if (!store.get().includes(accountId)) store.set([...store.get(), accountId])
    const key = `${conversationId}/${accountId}`
    clearTimeout(this.timers.get(key))
    this.timers.set(key, setTimeout(() => this.forget(conversationId, accountId), FORGET_MS))
  }

  private forget(conversationId: number, accountId: number): void {
    const key = `${conversationId}/${accountId}`
    clearTimeout(this.timers.get(key))
    this.timers.delete(key)
    const store = this.storeOf(conversationId)
    if (store.get().includes(accountId)) store.set(store.get().filter((id) => id !== accountId))
  }

  private storeOf(conversationId: number): WritableAtom<number[]> {
    let store = this.stores.get(conversationId)
    if (!store) this.stores.set(conversationId, (store = atom<number[]>([])))
    return store
  }
}
