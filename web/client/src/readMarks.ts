import type { Connection } from './connection.ts'
import type { Conversations } from './conversations.ts'
import { asMadangError } from './errors.ts'

const AT_MOST_EVERY_MS = 1000

/** How far one has read: shown at once, told to the server at most once a second, and again after a lost connection. */
export class ReadMarks {
  private readonly pending = new Map<number, number>()
  private readonly timers = new Map<number, ReturnType<typeof setTimeout>>()
  private readonly connection: Connection
  private readonly conversations: Conversations

  constructor(connection: Connection, conversations: Conversations) {
    this.connection = connection
    this.conversations = conversations
  }

  markRead(id: number, seq: number): void {
    const row = this.conversations.get(id)
    if (!row || seq <= row.read_seq) return
    this.conversations.markRead(id, Math.min(seq, row.head_seq))
    this.pending.set(id, seq)
    if (!this.timers.has(id)) void this.tell(id)
  }

  lookAt(id: number): void {
    const seq = this.conversations.get(id)?.read_seq ?? 0
    if (seq === 0 || this.pending.has(id)) return
    this.pending.set(id, seq)
    if (!this.timers.has(id)) void this.tell(id)
  }

  onReady(): void {
    for (const id of this.pending.keys()) if (!this.timers.has(id)) void this.tell(id)
  }

  clear(): void {
    for (const timer of this.timers.values()) clearTimeout(timer)
    this.timers.clear()
    this.pending.clear()
  }

  private async tell(id: number): Promise<void> {
    const seq = this.pending.get(id)
    if (seq === undefined || !this.connection.ready) return
    this.timers.set(id, setTimeout(() => this.next(id), AT_MOST_EVERY_MS))
    try {
      const state = await this.connection.chat.ask('mark_read', { conversation_id: id, seq })
      if (this.pending.get(id) === seq) this.pending.delete(id)
      this.conversations.confirmRead(id, state)
    } catch (reason) {
      if (!asMadangError(reason).retryable) this.pending.delete(id)
    }
  }

  private next(id: number): void {
    this.timers.delete(id)
    void this.tell(id)
  }
}
