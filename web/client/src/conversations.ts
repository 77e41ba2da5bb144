import { atom, computed, type ReadableAtom } from 'nanostores'
import type { ConversationView } from './api.ts'
import type { Connection } from './connection.ts'
import { sorted, withEntry, withReadMark, type RowChange } from './conversation.ts'
import { asMadangError } from './errors.ts'
import type { People } from './people.ts'
import type { Account, Contact, Conversation, Entry, Preferences, ReadState } from './types.ts'

const PAGE = 200
const ASK_AFTER_MS = 200
const ASK_AGAIN_MS = 1_000

type Rows = ReadonlyMap<number, Conversation>

interface Parts {
  connection: Connection
  people: People
  me: () => number
  /** How many messages of each conversation failed to be sent. */
  notSent: ReadableAtom<ReadonlyMap<number, number>>
  /** Exact counts from what is loaded, if it reaches that far. */
  count: (conversationId: number, readSeq: number) => { unread: number; mentions: number } | undefined
  onRemoved: (conversationId: number) => void
}

/** The list of conversations, kept current by entries, and asked for again where entries do not tell enough. */
export class Conversations {
  readonly rows = atom<Rows>(new Map())
  readonly list: ReadableAtom<ConversationView[]>
  private readonly stores = new Map<number, ReadableAtom<ConversationView | undefined>>()
  /** Rows to ask for, unless they reach that far by then. */
  private readonly toAsk = new Map<number, number>()
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
    const views = viewsOf(this.rows, parts.notSent)
    this.list = computed(views, (all) => sorted([...all.values()]))
    this.viewOf = (id) => computed(views, (all) => all.get(id))
  }

  private readonly viewOf: (id: number) => ReadableAtom<ConversationView | undefined>

  conversationOf(id: number): ReadableAtom<ConversationView | undefined> {
    let store = this.stores.get(id)
    if (!store) this.stores.set(id, (store = this.viewOf(id)))
    return store
  }

  get(id: number): Conversation | undefined {
    return this.rows.get().get(id)
  }

  /** The rows as the server gave them; without `complete` the others stay. */
  putAll(conversations: Conversation[], complete: boolean): void {
    const rows = new Map(complete ? [] : this.rows.get())
    for (const row of conversations) rows.set(row.id, this.newest(row))
    const gone = [...this.rows.get().keys()].filter((id) => !rows.has(id))
    this.rows.set(rows)
    for (const id of gone) this.parts.onRemoved(id)
    this.parts.people.learn(conversations.flatMap((row) => (row.with ? [row.with] : [])))
  }

  /** Asks the server for all rows: those that are not there any more go. */
  async loadAll(): Promise<void> {
    const { connection } = this.parts
    const unseen = new Set(this.rows.get().keys())
    let cursor: string | undefined
    do {
      const at = cursor
      const page = await connection.patiently(() => connection.chat.ask('list_conversations', { limit: PAGE, ...(at !== undefined && { cursor: at }) }))
      this.putAll(page.conversations, false)
      for (const { id } of page.conversations) unseen.delete(id)
      cursor = page.cursor
    } while (cursor)
    // Left, or moved from one page to another meanwhile.
    for (const id of unseen) this.ask(id)
  }

  put(conversation: Conversation): Conversation {
    this.putAll([conversation], false)
    return conversation
  }

  remove(id: number): void {
    if (!this.rows.get().has(id)) return
    const rows = new Map(this.rows.get())
    rows.delete(id)
    this.rows.set(rows)
    this.parts.onRemoved(id)
  }

  /** How one wants to have it, from now on. */
  prefer(id: number, preferences: Preferences): Preferences {
    this.change(id, (row) => ({ ...row, preferences }))
    return preferences
  }

  /** The other person of a direct conversation looks different. */
  meet(account: Account): void {
    const row = this.directWith(account)
    if (row) this.change(row.id, (before) => ({ ...before, title: account.display_name, with: account }))
  }

  /** What somebody is to oneself also decides about the conversation with them. */
  relate({ account, relation }: Contact): void {
    const row = this.directWith(account)
    if (row && (row.relation !== relation || row.with?.disabled !== account.disabled)) this.change(row.id, (one) => ({ ...one, relation, with: account }))
  }

  /** The row after an entry. A conversation that is not listed is asked for. */
  receive(entry: Entry): void {
    const row = this.get(entry.conversation_id)
    if (!row) this.ask(entry.conversation_id)
    // The last entry one gets; what happened before one came back is history.
    else if (entry.kind === 'member_removed' && entry.data.account_id === this.parts.me() && entry.seq > row.head_seq) this.remove(row.id)
    else if (entry.seq > row.head_seq) this.set(withEntry(row, entry, this.parts.me()))
  }

  /** One's own mark, here or on another device. */
  markRead(id: number, seq: number): void {
    const row = this.get(id)
    if (row) this.set(withReadMark(row, seq, this.parts.count(id, seq)))
  }

  /** What the server says is left after a mark; what is loaded here knows later messages too. */
  confirmRead(id: number, { read_seq, unread, mentions }: ReadState): void {
    const row = this.get(id)
    if (!row || read_seq < row.read_seq) return
    if (read_seq >= row.head_seq) this.set({ row: { ...row, read_seq, unread: 0, mentions: 0 }, ask: false })
    else this.set({ row: { ...row, read_seq, ...(this.parts.count(id, read_seq) ?? { unread, mentions }) }, ask: false })
  }

  /** Asks the server for this row soon, because what is here may be wrong. */
  ask(id: number, afterMs = ASK_AFTER_MS): void {
    this.expect(id, Infinity, afterMs)
  }

  /** Asks for this row soon, unless entries have taken it up to `headSeq` by then. */
  expect(id: number, headSeq: number, afterMs = ASK_AFTER_MS): void {
    if (this.reaches(id, headSeq)) return
    this.toAsk.set(id, Math.max(headSeq, this.toAsk.get(id) ?? 0))
    this.timer ??= setTimeout(() => void this.askNow(), afterMs)
  }

  clear(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.toAsk.clear()
    this.rows.set(new Map())
  }

  private change(id: number, changed: (row: Conversation) => Conversation): void {
    const row = this.get(id)
    if (row) this.set({ row: changed(row), ask: false })
  }

  private directWith({ id }: Account): Conversation | undefined {
    return [...this.rows.get().values()].find((one) => one.with?.id === id)
  }

  private set({ row, ask }: RowChange): void {
    const rows = new Map(this.rows.get())
    rows.set(row.id, row)
    this.rows.set(rows)
    if (ask) this.ask(row.id)
  }

  /** The server's row, unless this device has read further meanwhile. */
  private newest(row: Conversation): Conversation {
    const mine = this.get(row.id)
    if (!mine || mine.read_seq <= row.read_seq) return row
    return withReadMark(row, Math.min(mine.read_seq, row.head_seq), this.parts.count(row.id, mine.read_seq) ?? mine).row
  }

  private reaches(id: number, headSeq: number): boolean {
    return (this.get(id)?.head_seq ?? -1) >= headSeq
  }

  private async askNow(): Promise<void> {
    this.timer = undefined
    const wanted = [...this.toAsk]
    this.toAsk.clear()
    for (const [id, headSeq] of wanted) {
      if (this.reaches(id, headSeq)) continue
      try {
        const row = await this.parts.connection.chat.ask('get_conversation', { conversation_id: id })
        // An entry overtook the answer: ask once more rather than go back.
        if (row.head_seq < (this.get(id)?.head_seq ?? 0)) this.ask(id)
        else this.put(row)
      } catch (reason) {
        const { code, retryable, retry_after_ms } = asMadangError(reason)
        if (code === 'not_found') this.remove(id)
        else if (retryable && code !== 'not_connected') this.ask(id, Math.max(ASK_AGAIN_MS, retry_after_ms ?? 0))
        // Otherwise the next `ready` brings all rows anew.
      }
    }
  }
}

/** Rows with what failed to be sent; a row that did not change stays the same object, so that nobody renders it again. */
function viewsOf(rows: ReadableAtom<Rows>, notSent: ReadableAtom<ReadonlyMap<number, number>>): ReadableAtom<ReadonlyMap<number, ConversationView>> {
  const made = new WeakMap<Conversation, ConversationView>()
  return computed([rows, notSent], (all, failed) => {
    const views = new Map<number, ConversationView>()
    for (const row of all.values()) {
      const not_sent = failed.get(row.id) ?? 0
      let view = made.get(row)
      if (view?.not_sent !== not_sent) made.set(row, (view = { ...row, not_sent }))
      views.set(row.id, view)
    }
    return views
  })
}
