import { atom, computed, type ReadableAtom, type WritableAtom } from 'nanostores'
import type { Item, Timeline, UnsentItem } from './api.ts'
import type { Connection } from './connection.ts'
import {
  append, countBeyond, emptyLog, hasGap, isSystemEntry, loading, prepend, receive, replaceWith, seqOf, startedOver, type Log,
  type Page,
} from './timeline.ts'
import type { Conversation, Entry, FetchMessages, MessagesPage } from './types.ts'

const PAGE = 50
const AROUND = 80
const KEEP_CONVERSATIONS = 3
const SYSTEM_ROUNDS = 3

interface Parts {
  connection: Connection
  me: () => number
  conversation: (id: number) => Conversation | undefined
  unsent: (conversationId: number) => ReadableAtom<readonly (UnsentItem | Item)[]>
  /** An entry is missing before one that is here. */
  onGap: (conversationId: number) => void
  /** The server is further than this timeline. */
  onBehind: (conversationId: number, headSeq: number) => void
}

/** The timelines of the conversations that were opened last. */
export class Timelines {
  private readonly logs = new Map<number, WritableAtom<Log>>()
  private readonly views = new Map<number, ReadableAtom<Timeline>>()
  private readonly requests = new Map<string, Promise<void>>()
  /** The place that each conversation is on its way to: the one that was asked for last, whichever answer is late. */
  private readonly goals = new Map<number, string>()
  /** Loaded conversations, the latest opened last. */
  private opened: number[] = []
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
  }

  timelineOf(id: number): ReadableAtom<Timeline> {
    let view = this.views.get(id)
    if (!view) this.views.set(id, (view = computed([this.logOf(id), this.parts.unsent(id)], withUnsent)))
    return view
  }

  log(id: number): Log {
    return this.logOf(id).get()
  }

  /** The conversations whose timelines are loaded, and so must be kept without gaps. */
  loaded(): number[] {
    return this.opened.filter((id) => this.log(id).state === 'ready')
  }

  /** The newest page, or the one around the first unread message when the newest does not reach it. */
  async open(id: number): Promise<void> {
    this.touch(id)
    if (this.log(id).state === 'ready') return
    this.set(loading(this.log(id)))
    // Where to open is known when the rows are: after the first `ready`.
    await this.parts.connection.untilReady()
    const other = this.underWay(id)
    if (other) return other
    const row = this.parts.conversation(id)
    const isFar = row !== undefined && row.unread > PAGE - 10
    await (isFar ? this.loadAround(id, row.read_seq + 1) : this.jumpToLatest(id))
  }

  async jumpToLatest(id: number): Promise<void> {
    this.touch(id)
    const log = this.log(id)
    if (log.state === 'ready' && !log.more_after) this.goals.delete(id)
    else await this.replace(id, { limit: PAGE })
  }

  async loadAround(id: number, seq: number): Promise<void> {
    this.touch(id)
    await this.replace(id, { around_seq: seq, limit: AROUND })
  }

  /** Loads anew what is shown: more was missed than is worth fetching one by one. */
  async reload(id: number): Promise<void> {
    const other = this.underWay(id)
    if (other) return other
    const log = this.log(id)
    const middle = log.items[log.items.length >> 1]
    await this.replace(id, log.more_after && middle ? { around_seq: seqOf(middle), limit: AROUND } : { limit: PAGE })
  }

  /** Loads all anew, because the server has another log: no place in it means what it did. */
  async startOver(): Promise<void> {
    await Promise.all(
      this.loaded().map((id) => {
        this.set(startedOver(this.log(id)))
        return this.replace(id, { limit: PAGE })
      }),
    )
  }

  loadOlder(id: number): Promise<void> {
    return this.once(`${id}/older`, async () => {
      const before = this.log(id)
      const first = before.items[0]
      if (before.state !== 'ready' || !before.more_before || !first) return
      const page = await this.fetch(id, { before_seq: seqOf(first), limit: PAGE }, seqOf(first) - 1)
      if (this.log(id).items[0]?.key === first.key) this.set(prepend(this.log(id), page))
      this.compare(id, page.head_seq)
    })
  }

  loadNewer(id: number): Promise<void> {
    return this.once(`${id}/newer`, async () => {
      const before = this.log(id)
      const last = before.items.at(-1)
      if (before.state !== 'ready' || !before.more_after || !last) return
      const page = await this.fetch(id, { after_seq: seqOf(last), limit: PAGE })
      if (this.log(id).items.at(-1)?.key === last.key) this.set(append(this.log(id), page))
      this.compare(id, page.head_seq)
    })
  }

  receive(entry: Entry): void {
    const store = this.logs.get(entry.conversation_id)
    if (!store) return
    this.set(receive(store.get(), entry))
    if (hasGap(store.get())) this.parts.onGap(entry.conversation_id)
  }

  count(id: number, readSeq: number): { unread: number; mentions: number } | undefined {
    const store = this.logs.get(id)
    return store && countBeyond(store.get(), readSeq)
  }

  /** What is no longer one's own to read. */
  forget(id: number): void {
    this.opened = this.opened.filter((other) => other !== id)
    this.logs.get(id)?.set(emptyLog(id, this.parts.me()))
  }

  clear(): void {
    for (const id of this.logs.keys()) this.forget(id)
    this.requests.clear()
    this.goals.clear()
  }

  private replace(id: number, place: Omit<FetchMessages, 'conversation_id'>): Promise<void> {
    const goal = `${id}/${JSON.stringify(place)}`
    this.goals.set(id, goal)
    const isWanted = () => this.goals.get(id) === goal
    return this.once(goal, async () => {
      this.set(loading(this.logOf(id).get()))
      try {
        const page = await this.fetch(id, place)
        if (isWanted() && this.opened.includes(id)) this.set(replaceWith({ ...this.log(id), me: this.parts.me() }, page))
        this.compare(id, page.head_seq)
      } catch (reason) {
        if (isWanted() && this.log(id).state === 'loading') this.forget(id)
        throw reason
      }
    })
  }

  private underWay(id: number): Promise<void> | undefined {
    return this.requests.get(this.goals.get(id) ?? '')
  }

  private async fetch(id: number, place: Omit<FetchMessages, 'conversation_id'>, upTo?: number): Promise<Page> {
    const { connection } = this.parts
    const page = await connection.patiently(() => connection.chat.ask('fetch_messages', { conversation_id: id, ...place }))
    return { ...page, system: await this.systemLines(id, page, upTo) }
  }

  /** Who came and went, and what was pinned, between the messages of a page: pages hold messages only, the log has the rest. */
  private async systemLines(id: number, page: MessagesPage, upTo?: number): Promise<Entry[]> {
    const first = page.messages[0]?.seq ?? 1
    const last = page.more_after ? (page.messages.at(-1)?.seq ?? 0) : (upTo ?? page.head_seq)
    let after = page.more_before ? first - 1 : 0
    if (last - after <= page.messages.length) return []
    const found: Entry[] = []
    const { connection } = this.parts
    for (let round = 0; round < SYSTEM_ROUNDS && after < last; round++) {
      const after_seq = after
      const { entries, more } = await connection.patiently(() =>
        connection.chat.ask('fetch_entries', { conversation_id: id, after_seq, limit: Math.min(200, last - after_seq) }),
      )
      found.push(...entries.filter((entry) => entry.seq <= last && isSystemEntry(entry)))
      after = entries.at(-1)?.seq ?? last
      if (!more) break
    }
    return found
  }

  private compare(id: number, headSeq: number): void {
    if (this.log(id).state === 'ready' && headSeq > this.log(id).known_seq) this.parts.onBehind(id, headSeq)
    else if (hasGap(this.log(id))) this.parts.onGap(id)
  }

  /** One request of a kind at a time; whoever asks again waits for the same. */
  private once(name: string, work: () => Promise<void>): Promise<void> {
    const running = this.requests.get(name)
    if (running) return running
    const request = work().finally(() => {
      if (this.requests.get(name) === request) this.requests.delete(name)
    })
    this.requests.set(name, request)
    return request
  }

  private touch(id: number): void {
    this.opened = [...this.opened.filter((other) => other !== id), id]
    for (const old of this.opened.slice(0, -KEEP_CONVERSATIONS)) this.forget(old)
  }

  private set(log: Log): void {
    const store = this.logOf(log.conversation_id)
    if (store.get() !== log) store.set(log)
  }

  private logOf(id: number): WritableAtom<Log> {
    let store = this.logs.get(id)
    if (!store) this.logs.set(id, (store = atom(emptyLog(id, this.parts.me()))))
    return store
  }
}

/** What is shown: the log, then what this device has not sent yet, without those that the log already has. */
export function withUnsent(log: Log, unsent: readonly Item[]): Timeline {
  const { conversation_id, state, known_seq, more_before, more_after } = log
  const waiting = log.more_after ? [] : unsent.filter((item) => !isIn(log, item))
  return { conversation_id, state, known_seq, more_before, more_after, items: [...log.items, ...waiting] }
}

function isIn(log: Log, item: Item): boolean {
  const seq = seqOf(item)
  if (seq > 0) return seq <= log.known_seq
  return log.items.some((other) => other.key === item.key && other.kind === 'message' && other.message.sender_id === log.me)
}
