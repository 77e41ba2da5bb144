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
  /** One higher whenever positions lose their meaning: another account, another log. */
  private age = 0
  private readonly running = new Map<number, Promise<void>>()
  private readonly goals = new Map<number, number>()
  private readonly timers = new Map<number, ReturnType<typeof setTimeout>>()
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
    parts.connection.chat.on('heads', (heads) => this.onHeads(heads))
  }

  /** Whether the server has another log than it had: a restored backup. */
  isOtherLog(epoch: string): boolean {
    return this.epoch !== undefined && this.epoch !== epoch
  }

  /** After the rows have been replaced by those of `ready`: resolves when no loaded conversation has a gap. */
  async onReady(ready: Ready): Promise<void> {
    const { connection, timelines } = this.parts
    const isOtherLog = this.isOtherLog(ready.server.epoch)
    if (isOtherLog) this.clear()
    const round = ++this.round
    this.epoch = ready.server.epoch
    // A conversation beyond the first rows may have gone on as well.
    const heads = new Map(ready.conversations.map(({ id, head_seq }) => [id, head_seq]))
    const work = isOtherLog
      ? [this.quietly(timelines.startOver())]
      : timelines.loaded().map((id) => this.catchUpTo(id, heads.get(id) ?? Infinity))
    if (work.length > 0) await Promise.all(work)
    if (round === this.round) connection.caughtUp()
  }

  /** An entry is missing before one that has come; it may be on its way. */
  onGap(id: number): void {
    this.onBehind(id, this.parts.timelines.log(id).held.at(-1)?.seq ?? 0)
  }

  /** The log goes up to `headSeq`; the entries may be on their way. */
  onBehind(id: number, headSeq: number): void {
    this.goals.set(id, Math.max(headSeq, this.goals.get(id) ?? 0))
    if (!this.timers.has(id)) this.timers.set(id, setTimeout(() => void this.afterAWhile(id), GAP_AFTER_MS))
  }

  /** The server has said that the log goes up to there; what is missing may be lost. */
  onHead(id: number, headSeq: number): void {
    const log = this.parts.timelines.log(id)
    if (log.state === 'ready' && log.known_seq < headSeq) this.onBehind(id, headSeq)
    this.parts.conversations.expect(id, headSeq)
  }

  clear(): void {
    for (const timer of this.timers.values()) clearTimeout(timer)
    this.timers.clear()
    this.goals.clear()
    this.running.clear()
    this.epoch = undefined
    this.round += 1
    this.age += 1
  }

  private onHeads(heads: Heads): void {
    const { connection, ownChanges } = this.parts
    if (this.isOtherLog(heads.epoch)) {
      // Another log under the same address: start over.
      connection.restart()
      return
    }
    void this.quietly(ownChanges.compare(heads.account_version))
    for (const [key, head] of Object.entries(heads.heads)) {
      this.onHead(Number(key), head)
    }
  }

  private afterAWhile(id: number): Promise<void> {
    const goal = this.goals.get(id) ?? 0
    this.goals.delete(id)
    this.timers.delete(id)
    return this.catchUpTo(id, goal)
  }

  /** Fetches until the timeline reaches `goal`; one at a time for each conversation. */
  private async catchUpTo(id: number, goal: number): Promise<void> {
    while (this.running.has(id)) await this.running.get(id)
    const log = this.parts.timelines.log(id)
    if (log.state !== 'ready' || log.known_seq >= goal) return
    const work = this.quietly(this.fill(id, goal))
    this.running.set(id, work)
    await work
    if (this.running.get(id) === work) this.running.delete(id)
  }

  private async fill(id: number, goal: number): Promise<void> {
    const { connection, timelines, receive } = this.parts
    const { age } = this
    if (goal !== Infinity && goal - timelines.log(id).known_seq > BIG_GAP) return timelines.reload(id)
    for (;;) {
      const log = timelines.log(id)
      if (log.state !== 'ready') return
      const after_seq = log.known_seq
      const page = await connection.patiently(() =>
        connection.chat.ask('fetch_entries', { conversation_id: id, after_seq, limit: FETCH_LIMIT }),
      )
      if (age !== this.age) return
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
