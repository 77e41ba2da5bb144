import type { Account, Conversation, Counts, Entry, EntryData, EntryKind, Message, Notification, Ready } from '../types.ts'
import { fakePair, Refusal, type Answer } from './fakeSockets.ts'

export const ANA = 1
export const BEN = 2
export const YARD = 7

export function account(id: number): Account {
  return { id, username: `user${id}`, display_name: `User ${id}`, role: 'person' }
}

export function conversation(id: number, changes: Partial<Conversation> = {}): Conversation {
  return {
    id,
    kind: 'group',
    title: `Group ${id}`,
    head_seq: 0,
    read_seq: 0,
    unread: 0,
    mentions: 0,
    member_count: 2,
    role: 'member',
    rules: { post: 'member', invite: 'member', mention_all: 'admin', history: 'all' },
    preferences: { notify: 'all', pinned: false, archived: false },
    created_at: 1,
    last_active_at: 1,
    ...changes,
  }
}

export function message(seq: number, changes: Partial<Message> = {}): Message {
  return {
    conversation_id: YARD,
    seq,
    client_id: `client-id-${seq}`,
    sender_id: BEN,
    sent_at: 1000 + seq,
    text: `words ${seq}`,
    attachments: [],
    mentions: [],
    reactions: [],
    ...changes,
  }
}

export function entry<Kind extends EntryKind>(seq: number, kind: Kind, data: EntryData[Kind], actor_id = BEN, conversation_id = YARD): Entry {
  return { conversation_id, seq, kind, actor_id, at: 1000 + seq, data } as Entry
}

/** A small server on the other end of the sockets, for one account, with as many faults as a test wants. */
export class FakeServer {
  readonly sockets = fakePair()
  readonly logs: Map<number, Entry[]>
  readonly rows: Map<number, Conversation>
  readonly sent: Map<string, number>
  /** All ways into the same server, this one too: a client each. */
  private readonly doors: FakeServer[]
  /** Refuses connections. */
  down = false
  /** Stores and answers, but tells nobody. */
  isDeaf = false
  /** Answers instead of the server, unless it says `undefined`; throw a Refusal to refuse. */
  instead: (command: string, payload: Record<string, unknown>) => { data: unknown } | undefined = () => undefined
  /** Does what is asked and keeps the answer to itself. */
  isMute = false
  account_version = 1
  epoch = 'epoch-1'
  changes: { version: number; event: string; data: unknown }[] = []
  counts: Counts = { head_seq: 0, unseen: 0, unread: 0 }
  inbox: Notification[] = []
  readonly me: number

  constructor(me = ANA, house?: FakeServer) {
    this.me = me
    this.logs = house?.logs ?? new Map<number, Entry[]>()
    this.rows = house?.rows ?? new Map<number, Conversation>()
    this.sent = house?.sent ?? new Map<string, number>()
    this.doors = house?.doors ?? []
    this.doors.push(this)
    const { chat, notifications } = this.sockets.pair
    chat.onConnect = () => this.onConnect(chat, () => chat.deliver('ready', this.ready()))
    notifications.onConnect = () => this.onConnect(notifications, () => notifications.deliver('ready', this.counts))
    chat.answer = this.answering((command, payload) => this.chat(command, payload))
    notifications.answer = this.answering((command, payload) => this.notifications(command, payload))
  }

  /** Another way into the same server: for a second client of the same person. */
  anotherDoor(): FakeServer {
    return new FakeServer(this.me, this)
  }

  get asked() {
    return this.sockets.pair.chat.asked
  }

  askedFor(command: string): Record<string, unknown>[] {
    return this.asked.filter((one) => one.command === command).map((one) => one.payload)
  }

  add(row: Conversation): void {
    this.rows.set(row.id, row)
    this.logs.set(row.id, [])
  }

  log(id: number): Entry[] {
    return this.logs.get(id) ?? []
  }

  head(id: number): number {
    return this.log(id).length
  }

  /** Somebody does something: it goes to the log, and to the client unless the server is deaf. */
  append<Kind extends EntryKind>(id: number, kind: Kind, data: EntryData[Kind], actor = BEN): Entry {
    const line = entry(this.head(id) + 1, kind, data, actor, id)
    this.log(id).push(line)
    const row = this.rows.get(id)
    if (row) this.rows.set(id, { ...row, head_seq: line.seq })
    this.tell(line)
    return line
  }

  say(id: number, text: string, changes: Partial<Message> = {}): Entry {
    const seq = this.head(id) + 1
    const sender_id = changes.sender_id ?? BEN
    return this.append(id, 'message_created', message(seq, { conversation_id: id, text, ...changes, sender_id }), sender_id)
  }

  private tell(line: Entry): void {
    for (const door of this.doors) if (!door.isDeaf) door.deliver(line)
  }

  deliver(line: Entry): void {
    const { chat } = this.sockets.pair
    if (chat.connected) chat.deliver(line.kind, line, `offset-${line.seq}`)
  }

  cut(): void {
    this.sockets.pair.drop()
  }

  /** Goes on without this door's client hearing of it. */
  unheard(work: () => void): void {
    this.isDeaf = true
    work()
    this.isDeaf = false
  }

  /** Tells how far these conversations, and the account, are. */
  tellHeads(...ids: number[]): void {
    const heads = Object.fromEntries(ids.map((id) => [id, this.head(id)]))
    this.sockets.pair.chat.deliver('heads', { epoch: this.epoch, account_version: this.account_version, heads })
  }

  ready(): Ready {
    return {
      account: account(this.me),
      account_version: this.account_version,
      server: { name: 'Test', version: '1', protocol: [1], epoch: this.epoch, limits: {} },
      recovered: false,
      conversations: [...this.rows.values()],
      more: false,
    }
  }

  /** All messages in their current state, as a person who loads the page sees them. */
  messages(id: number): Message[] {
    const found = new Map<number, Message>()
    for (const { kind, seq, data, at } of this.log(id)) {
      if (kind === 'message_created') found.set(seq, data)
      if (kind === 'message_edited') {
        const { target_seq, text, mentions, edited_at } = data
        found.set(target_seq, { ...found.get(target_seq)!, text, mentions, edited_at })
      }
      if (kind === 'message_deleted') {
        found.set(data.target_seq, { ...found.get(data.target_seq)!, text: '', attachments: [], mentions: [], deleted_at: at })
      }
    }
    return [...found.values()].map((one) => {
      const quoted = one.reply_to && found.get(one.reply_to.seq)
      return quoted && one.reply_to ? { ...one, reply_to: { ...one.reply_to, excerpt: quoted.text } } : one
    })
  }

  private onConnect(socket: { connected: boolean; deliver(event: string, ...args: unknown[]): void }, greet: () => void): void {
    if (this.down) return socket.deliver('connect_error', new Error('xhr poll error'))
    socket.connected = true
    socket.deliver('connect')
    greet()
  }

  private answering(answer: Answer): Answer {
    return (command, payload) => {
      const other = this.instead(command, payload)
      if (other) return other.data
      const data = answer(command, payload)
      return this.isMute ? undefined : data
    }
  }

  private chat(command: string, payload: Record<string, unknown>): unknown {
    const id = payload.conversation_id as number
    switch (command) {
      case 'send_message':
        return this.send(id, payload)
      case 'fetch_entries': {
        const after = payload.after_seq as number
        const entries = this.log(id).slice(after, after + ((payload.limit as number | undefined) ?? 200))
        return { entries, head_seq: this.head(id), more: (entries.at(-1)?.seq ?? after) < this.head(id) }
      }
      case 'fetch_messages':
        return this.page(id, payload)
      case 'get_conversation':
        if (!this.rows.has(id)) throw new Refusal('not_found')
        return this.rows.get(id)
      case 'mark_read':
        return { read_seq: payload.seq, unread: 0, mentions: 0 }
      case 'mark_received':
        return { read_seq: 0, unread: 1, mentions: 0 }
      case 'get_accounts':
        return { accounts: (payload.account_ids as number[]).map(account) }
      case 'watch_presence':
        return { presence: (payload.account_ids as number[]).map((account_id) => ({ account_id, state: 'online' })) }
      case 'list_members':
        return { members: [ANA, BEN].map((one) => ({ account: account(one), role: 'member', joined_at: 1, read_seq: 0, received_seq: 0 })) }
      case 'fetch_account_changes': {
        const after = payload.after_version as number
        return { changes: this.changes.filter((one) => one.version > after), account_version: this.account_version, reload: false }
      }
      default:
        return {}
    }
  }

  private notifications(command: string, payload: Record<string, unknown>): unknown {
    if (command === 'list_notifications') return { notifications: this.inbox.filter((one) => one.archived_at === undefined) }
    if (command === 'fetch_notifications') {
      const notifications = this.inbox.filter((one) => one.seq > (payload.after_seq as number)).sort((one, other) => one.seq - other.seq)
      return { notifications, head_seq: this.counts.head_seq, more: false }
    }
    return this.counts
  }

  private send(id: number, payload: Record<string, unknown>): unknown {
    const client_id = payload.client_id as string
    const before = this.sent.get(client_id)
    const seq = before ?? this.head(id) + 1
    this.sent.set(client_id, seq)
    const sent_at = 1000 + seq
    // The answer leaves before the entry does, as on the real server.
    if (before === undefined) {
      const wasDeaf = this.doors.map((door) => door.isDeaf)
      for (const door of this.doors) door.isDeaf = true
      const line = this.say(id, payload.text as string, { client_id, sender_id: this.me, sent_at })
      this.doors.forEach((door, place) => (door.isDeaf = wasDeaf[place] ?? false))
      queueMicrotask(() => queueMicrotask(() => this.tell(line)))
    }
    return { conversation_id: id, seq, sent_at, duplicate: before !== undefined }
  }

  private page(id: number, payload: Record<string, unknown>): unknown {
    const all = this.messages(id)
    const limit = (payload.limit as number | undefined) ?? 50
    const { before_seq, after_seq, around_seq } = payload as Record<string, number | undefined>
    let from = Math.max(0, all.length - limit)
    if (before_seq !== undefined) from = Math.max(0, all.filter((one) => one.seq < before_seq).length - limit)
    if (after_seq !== undefined) from = all.filter((one) => one.seq <= after_seq).length
    if (around_seq !== undefined) from = Math.max(0, all.filter((one) => one.seq < around_seq).length - (limit >> 1))
    const until = before_seq !== undefined ? all.filter((one) => one.seq < before_seq).length : from + limit
    const messages = all.slice(from, Math.min(until, from + limit))
    return { messages, more_before: from > 0, more_after: from + messages.length < all.length, head_seq: this.head(id) }
  }
}
