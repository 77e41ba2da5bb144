import type { Connection } from './connection.ts'
import type { Conversations } from './conversations.ts'
import { asMadangError } from './errors.ts'
import type { OwnChanges } from './ownChanges.ts'
import type { Timelines } from './timelines.ts'
import type { Entry, Heads, Ready } from './types.ts'

const GAP_AFTER_MS = 200
const BIG_GAP = 500
const FETCH_LIMIT = 200

interface Parts {
  connection: Connection
  conversations: Conversations
  timelines: Timelines
  ownChanges: OwnChanges
  /** An entry that was missed, in its order. */
  receive: (entry: Entry) => void
}

/** Finds what was missed and fetches it: after each `ready`, at each beacon, and when an entry shows a gap. */
export class CatchUp {
  private epoch: string | undefined
  private round = 0
  private readonly running = new Map<number, Promise<void>>()
  private readonly timers = new Map<number, ReturnType<typeof setTimeout>>()
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
    parts.connection.chat.on('heads', (heads) => this.onHeads(heads))
  }

  /** After the rows have been replaced by those of `ready`: resolves when no loaded conversation has a gap. */
  async onReady(ready: Ready): Promise<void> {
    const { connection, timelines } = this.parts
    const round = ++this.round
    const isOtherLog = this.epoch !== undefined && this.epoch !== ready.server.epoch
    this.epoch = ready.server.epoch
    const work = timelines.loaded().map((id) => (isOtherLog ? this.quietly(timelines.reload(id)) : this.catchUpTo(id, this.head(id))))
    if (work.length > 0) await Promise.all(work)
    if (round === this.round) connection.caughtUp()
  }

  /** An entry is missing before one that has come; it may be on its way. */
  onGap(id: number): void {
    this.soon(id, () => this.catchUpTo(id, this.parts.timelines.log(id).held.at(-1)?.seq ?? 0))
  }

  /** The log goes up to `headSeq`; the entries may be on their way. */
  onBehind(id: number, headSeq: number): void {
    this.soon(id, () => this.catchUpTo(id, headSeq))
  }

  clear(): void {
    for (const timer of this.timers.values()) clearTimeout(timer)
    this.timers.clear()
    this.running.clear()
    this.epoch = undefined
    this.round += 1
  }

  private onHeads(heads: Heads): void {
    const { connection, conversations, timelines, ownChanges } = this.parts
    if (this.epoch !== undefined && heads.epoch !== this.epoch) {
      // Another log under the same address: start over.
      connection.restart()
      return
    }
    void this.quietly(ownChanges.compare(heads.account_version))
    for (const [key, head] of Object.entries(heads.heads)) {
      const id = Number(key)
      const row = conversations.get(id)
      if (!row || row.head_seq < head) conversations.ask(id)
      if (timelines.log(id).state === 'ready' && timelines.log(id).known_seq < head) this.onBehind(id, head)
    }
  }

  private head(id: number): number {
    return this.parts.conversations.get(id)?.head_seq ?? Infinity
  }

  private soon(id: number, work: () => Promise<void>): void {
    if (this.timers.has(id)) return
    const timer = setTimeout(() => {
      this.timers.delete(id)
      void work()
    }, GAP_AFTER_MS)
    this.timers.set(id, timer)
  }

  /** Fetches until the timeline reaches `goal`; one at a time for each conversation. */
  private async catchUpTo(id: number, goal: number): Promise<void> {
    const before = this.running.get(id)
    if (before) await before
    const log = this.parts.timelines.log(id)
    if (log.state !== 'ready' || log.known_seq >= goal) return
    const work = this.quietly(this.fill(id, goal))
    this.running.set(id, work)
    await work
    if (this.running.get(id) === work) this.running.delete(id)
  }

  private async fill(id: number, goal: number): Promise<void> {
    const { connection, timelines, receive } = this.parts
    if (goal !== Infinity && goal - timelines.log(id).known_seq > BIG_GAP) return timelines.reload(id)
    for (;;) {
      const log = timelines.log(id)
      if (log.state !== 'ready') return
      const after_seq = log.known_seq
      const page = await connection.patiently(() =>
        connection.chat.ask('fetch_entries', { conversation_id: id, after_seq, limit: FETCH_LIMIT }),
      )
      if (page.head_seq - after_seq > BIG_GAP) return timelines.reload(id)
      for (const entry of page.entries) receive(entry)
      if (!page.more || page.entries.length === 0) return
    }
  }

  private async quietly(work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (reason) {
      if (asMadangError(reason).code === 'not_found') return // One is no longer a member; the removal says so itself.
      console.warn('Madang could not catch up.', reason)
    }
  }
}
