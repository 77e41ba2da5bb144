import type { ReadableAtom } from 'nanostores'
import type { Connection } from './connection.ts'
import type { Conversations } from './conversations.ts'
import { asMadangError } from './errors.ts'
import type { Conversation, Entry } from './types.ts'

const GATHER_MS = 2000
/** Nobody is shown how far the members of a larger conversation have received. */
const MOST_MEMBERS = 20

interface Parts {
  connection: Connection
  conversations: Conversations
  me: () => number
  /** One tab of a browser tells. */
  leading: ReadableAtom<boolean>
}

/** How far messages have come to this device: gathered for two seconds, and told unless they have been read meanwhile. */
export class ReceivedMarks {
  private readonly pending = new Map<number, number>()
  private readonly told = new Map<number, number>()
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
  }

  receive(entry: Entry): void {
    if (entry.kind === 'message_created' && entry.actor_id !== this.parts.me()) this.note(entry.conversation_id, entry.seq)
  }

  /** What was said meanwhile is here too: as something unread, and on the screen when the conversation is opened. */
  onReady(conversations: readonly Conversation[]): void {
    for (const row of conversations) if (row.unread > 0) this.note(row.id, row.head_seq)
    if (this.pending.size > 0) this.later()
  }

  clear(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.pending.clear()
    this.told.clear()
  }

  private note(id: number, seq: number): void {
    if (seq <= (this.told.get(id) ?? 0)) return
    this.pending.set(id, Math.max(seq, this.pending.get(id) ?? 0))
    this.later()
  }

  private later(): void {
    this.timer ??= setTimeout(() => void this.tellAll(), GATHER_MS)
  }

  private async tellAll(): Promise<void> {
    if (this.parts.connection.ready) for (const [id, seq] of [...this.pending]) await this.tell(id, seq)
    this.timer = undefined
    // What came while the others were told; without a connection it waits for the next `ready`.
    if (this.pending.size > 0 && this.parts.connection.ready) this.later()
  }

  private async tell(id: number, seq: number): Promise<void> {
    const row = this.parts.conversations.get(id)
    const isWorthIt = row && row.member_count <= MOST_MEMBERS && row.read_seq < seq && this.parts.leading.get()
    try {
      if (isWorthIt) await this.parts.connection.chat.ask('mark_received', { conversation_id: id, seq })
      this.told.set(id, seq)
    } catch (reason) {
      if (asMadangError(reason).retryable) return
    }
    if (this.pending.get(id) === seq) this.pending.delete(id)
  }
}
