import { atom } from 'nanostores'
import type { ArchiveChoice, NotificationChoice, NotificationFilter, Notifications } from './api.ts'
import type { Connection } from './connection.ts'
import type { Counts, Notification } from './types.ts'

const PAGE = 50
const FETCH_LIMIT = 200
const NOTHING: Counts = { head_seq: 0, unseen: 0, unread: 0 }

/** The bell and the inbox of one account. Each change of a row has a number, so that what was missed can be fetched. */
export class Inbox implements Notifications {
  readonly items = atom<Notification[] | undefined>()
  readonly counts = atom<Counts>(NOTHING)
  readonly more = atom(false)
  private filter: NotificationFilter = 'all'
  private cursor: string | undefined
  private known = 0
  private round = 0
  private fetching: Promise<void> | undefined
  private readonly connection: Connection

  constructor(connection: Connection) {
    this.connection = connection
    const wire = connection.notifications
    wire.on('ready', (counts) => this.compare(counts))
    wire.on('counts', (counts) => this.compare(counts))
    wire.on('notification_created', (notification) => this.receive(notification))
    wire.on('notification_changed', (notification) => this.receive(notification))
  }

  async load(filter: NotificationFilter = 'all'): Promise<void> {
    const round = ++this.round
    this.filter = filter
    const before = this.newest()
    const page = await this.page()
    if (round !== this.round) return
    this.cursor = page.cursor
    this.items.set(merged([], page.notifications, filter))
    this.more.set(page.cursor !== undefined)
    // What was told while the page was on its way may not be in it.
    const isBehind = this.newest() > before
    this.known = before
    if (isBehind) void this.fetchMissed()
  }

  async loadMore(): Promise<void> {
    const { cursor, round } = this
    if (cursor === undefined) return
    const page = await this.page(cursor)
    if (round !== this.round || cursor !== this.cursor) return
    this.cursor = page.cursor
    this.items.set(merged(this.items.get() ?? [], page.notifications, this.filter))
    this.more.set(page.cursor !== undefined)
  }

  async markSeen(): Promise<void> {
    const { head_seq, unseen } = this.counts.get()
    if (head_seq === 0 || unseen === 0) return
    this.counts.set(await this.connection.notifications.ask('mark_seen', { up_to_seq: head_seq }))
  }

  async markRead(choice: NotificationChoice): Promise<void> {
    this.counts.set(await this.connection.notifications.ask('mark_read', choice))
    this.markLocally((one) => one.read_at === undefined && isChosen(one, choice), (one, now) => ({ ...one, read_at: now }))
  }

  async archive(choice: ArchiveChoice): Promise<void> {
    this.counts.set(await this.connection.notifications.ask('archive', choice))
    this.markLocally((one) => isChosen(one, choice), (one, now) => ({ ...one, archived_at: now }))
  }

  /** The server has another log: its numbers begin anew. */
  startOver(): void {
    this.known = 0
    if (this.items.get() !== undefined) void this.load(this.filter).catch(() => undefined)
  }

  clear(): void {
    this.round += 1
    this.known = 0
    this.cursor = undefined
    this.items.set(undefined)
    this.counts.set(NOTHING)
    this.more.set(false)
  }

  private page(cursor?: string) {
    const { connection, filter } = this
    return connection.patiently(() =>
      connection.notifications.ask('list_notifications', { filter, limit: PAGE, ...(cursor !== undefined && { cursor }) }),
    )
  }

  private receive(notification: Notification): void {
    if (notification.seq <= this.known) return
    const items = this.items.get()
    if (items) this.items.set(merged(items, [notification], this.filter))
    if (!items || notification.seq === this.known + 1) this.known = notification.seq
    else void this.fetchMissed()
  }

  private newest(): number {
    return Math.max(this.known, this.counts.get().head_seq)
  }

  /** What the bell shows; rows that changed unheard are fetched when rows are shown. */
  private compare(counts: Counts): void {
    this.counts.set(counts)
    if (this.items.get() === undefined) this.known = counts.head_seq
    else if (counts.head_seq > this.known) void this.fetchMissed()
  }

  private fetchMissed(): Promise<void> {
    this.fetching ??= this.fetchChanges()
      .catch(() => undefined) // The next beacon or connection compares again.
      .finally(() => (this.fetching = undefined))
    return this.fetching
  }

  private async fetchChanges(): Promise<void> {
    const { connection } = this
    for (let more = true; more; ) {
      const after_seq = this.known
      const page = await connection.patiently(() => connection.notifications.ask('fetch_notifications', { after_seq, limit: FETCH_LIMIT }))
      this.items.set(merged(this.items.get() ?? [], page.notifications, this.filter))
      this.known = page.more ? (page.notifications.at(-1)?.seq ?? page.head_seq) : Math.max(this.known, page.head_seq)
      more = page.more && page.notifications.length > 0
    }
  }

  private markLocally(isMeant: (one: Notification) => boolean, change: (one: Notification, now: number) => Notification): void {
    const items = this.items.get()
    const now = Date.now()
    if (items) this.items.set(merged([], items.map((one) => (isMeant(one) ? change(one, now) : one)), this.filter))
  }
}

function isChosen(one: Notification, choice: NotificationChoice | ArchiveChoice): boolean {
  if ('ids' in choice) return choice.ids.includes(one.id)
  if ('group' in choice) return one.group === choice.group
  return 'all' in choice || one.read_at !== undefined
}

/** Rows with changed ones in their new state: newest first, without what was put away or is not asked for. */
export function merged(rows: Notification[], changed: Notification[], filter: NotificationFilter): Notification[] {
  const byId = new Map(rows.map((row) => [row.id, row]))
  for (const row of changed) {
    // A row that is read while the unread ones are looked at stays, so that nothing jumps away under the finger.
    const fits = row.archived_at === undefined && (byId.has(row.id) || belongs(row, filter))
    if (fits) byId.set(row.id, row)
    else byId.delete(row.id)
  }
  return [...byId.values()].sort((one, other) => other.created_at - one.created_at || other.id - one.id)
}

function belongs(row: Notification, filter: NotificationFilter): boolean {
  if (filter === 'unread') return row.read_at === undefined
  if (filter === 'requests') return row.type === 'contact_request'
  if (filter === 'mentions') return row.type === 'mention' || row.type === 'reply'
  return true
}
