import type { ConversationView } from './api.ts'
import type { Entry } from './types.ts'

type Listener = (entry: Entry, conversation: ConversationView) => void

/** Who wants to hear of new entries, and which ones are no news any more. */
export class Arrivals {
  private readonly listeners = new Set<Listener>()
  /** The newest entry of each conversation that is known. */
  private readonly known = new Map<number, number>()

  listen(listener: Listener): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  isNews({ conversation_id, seq }: Entry): boolean {
    return seq > (this.known.get(conversation_id) ?? 0)
  }

  /** Entries up to this one are no news from now on. */
  know(conversationId: number, seq: number): void {
    this.known.set(conversationId, Math.max(seq, this.known.get(conversationId) ?? 0))
  }

  tell(entry: Entry, conversation: ConversationView): void {
    for (const listener of this.listeners) listener(entry, conversation)
  }

  clear(): void {
    this.known.clear()
  }
}
