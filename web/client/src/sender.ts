import { atom, computed, type ReadableAtom } from 'nanostores'
import type { Draft, Item, UnsentItem } from './api.ts'
import { inTime } from './backoff.ts'
import type { Connection } from './connection.ts'
import { asMadangError } from './errors.ts'
import {
  again, answered, departed, due, fileIds, find, fromStore, heldBack, isNext, lastQueuedAt, merged, nextDue, reconnected, refused, shown, toStore,
  without, writtenAfter, type OutboxItem, type Queue,
} from './outbox.ts'
import type { OutboxStorage, StoredSend } from './outboxDb.ts'
import { newClientId } from './randomId.ts'
import type { Shelf } from './shelf.ts'
import type { Tabs } from './tabs.ts'
import { excerptOf } from './timeline.ts'
import type { Entry, Message, MessageSent } from './types.ts'
import { WaitingFiles } from './waitingFiles.ts'

/** A disk that takes longer is not waited for. */
const STORAGE_MS = 2_000
const REMEMBERED = 1_000

interface Parts {
  connection: Connection
  storage: OutboxStorage
  tabs: Tabs
  shelf: Shelf
  /** Whether the timeline shows the stored message, or does not show that place at all. */
  isShown: (conversationId: number, seq: number) => boolean
  /** The server has stored it at that place: the log goes up to there. */
  onStored: (conversationId: number, seq: number) => void
}

type Lines = readonly (UnsentItem | Item)[]

/**
 * Sends what is written: kept on disk, in order, one at a time in each conversation, until there is a final answer.
 *
 * All tabs of a browser have one outbox. The tab in which a message was written sends it; another one does so when it has
 * not been done a moment later. A lock for each conversation keeps two tabs from sending one message, and should it fail,
 * the same `client_id` makes the second one harmless.
 */
export class Outbox {
  readonly queue = atom<Queue>([])
  readonly notSent: ReadableAtom<ReadonlyMap<number, number>>
  private readonly lines = new Map<number, ReadableAtom<Lines>>()
  private readonly isConnected: ReadableAtom<boolean>
  private readonly files: WaitingFiles
  /** What is on disk for the other tabs to see. */
  private readonly kept = new Set<string>()
  /** What has been answered or thrown away, lately: another tab may speak of it late. */
  private readonly done = new Set<string>()
  private readonly landed = new Map<string, () => void>()
  private account = 0
  private tabsStarted: Promise<void> = Promise.resolve()
  private reading = 0
  private lastRead = 0
  private isRead = false
  private lastQueuedAt = 0
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
    this.isConnected = computed(parts.connection.state, () => parts.connection.ready)
    this.notSent = computed(this.queue, failedByConversation)
    parts.tabs.listen((message) => {
      if (message.kind === 'queued') this.hear(message.item)
      else if (message.kind === 'done') void this.finish(message.client_id, message.answer)
    })
    this.files = new WaitingFiles({
      queue: this.queue,
      shelf: parts.shelf,
      tabs: parts.tabs,
      onChanged: (clientId) => {
        this.save(clientId)
        this.pump()
      },
      onEmptied: (clientId) => this.discardNow(clientId),
    })
  }

  /** Writes for this account from now on, and goes on with what waits on disk. */
  async start(account: number, tabsStarted: Promise<void>): Promise<void> {
    if (this.account !== account) {
      this.queue.set([])
      this.kept.clear()
      this.lastRead = 0
    }
    this.account = account
    this.tabsStarted = tabsStarted
    await this.read()
  }

  /** Stops sending; what waits stays on disk. */
  pause(): void {
    this.reading += 1
    clearTimeout(this.timer)
    this.timer = undefined
  }

  linesOf(conversationId: number): ReadableAtom<Lines> {
    let store = this.lines.get(conversationId)
    if (!store) {
      let before: { items: readonly OutboxItem[]; isConnected: boolean; lines: Lines } | undefined
      store = computed([this.queue, this.isConnected], (queue, isConnected) => {
        const items = queue.filter((item) => item.conversation_id === conversationId)
        if (before?.isConnected === isConnected && sameItems(before.items, items)) return before.lines
        before = { items, isConnected, lines: items.map((item) => shown(item, isConnected)) }
        return before.lines
      })
      this.lines.set(conversationId, store)
    }
    return store
  }

  send(conversationId: number, draft: Draft): void {
    const uploads = (draft.uploads ?? []).filter((upload) => upload.progress.get().state !== 'cancelled')
    // Two messages of one millisecond must be told apart after a reload, and a clock may go back.
    this.lastQueuedAt = Math.max(Date.now(), this.lastQueuedAt + 1)
    const item: OutboxItem = {
      client_id: newClientId(),
      account_id: this.account,
      conversation_id: conversationId,
      text: draft.text,
      files: [],
      uploads,
      elsewhere_uploads: 0,
      upload_ids: [],
      lost_uploads: 0,
      tab: this.parts.tabs.id,
      queued_at: this.lastQueuedAt,
      progress: 'waiting',
      tries: 0,
      not_before: 0,
      ...(draft.reply_to && { reply_to: quote(draft.reply_to) }),
    }
    this.queue.set([...this.queue.get(), item])
    this.files.add(item.client_id, uploads)
    this.save(item.client_id)
    this.pump()
  }

  retry(clientId: string): void {
    const item = find(this.queue.get(), clientId)
    if (!item) return
    this.queue.set(again(this.queue.get(), clientId))
    for (const upload of item.uploads) if (upload.progress.get().state === 'failed') upload.retry()
    this.save(clientId)
    this.pump()
  }

  discard(clientId: string): void {
    const item = find(this.queue.get(), clientId)
    if (!item || item.progress === 'in-flight' || item.progress === 'answered') return
    this.discardNow(clientId)
    for (const upload of item.uploads) if (upload.progress.get().state !== 'done') upload.cancel()
  }

  /** A connection is there: whatever waits goes now, in whichever tab it was written. */
  onReady(): void {
    this.queue.set(reconnected(this.queue.get()))
    void this.read()
  }

  /** An entry of the log: one's own message is its own answer, should the answer have been lost. */
  receive(entry: Entry): void {
    if (entry.kind !== 'message_created' || entry.data.sender_id !== this.account) return
    const { client_id, conversation_id, seq, sent_at } = entry.data
    const item = find(this.queue.get(), client_id)
    if (item && !item.answer) void this.onAnswer(client_id, { conversation_id, seq, sent_at, duplicate: true })
  }

  /** Lets go of what the timeline shows by now. */
  settle(conversationId: number): void {
    const isDone = (item: OutboxItem): boolean =>
      item.conversation_id === conversationId && item.answer !== undefined && this.parts.isShown(conversationId, item.answer.seq)
    if (this.queue.get().some(isDone)) this.queue.set(this.queue.get().filter((item) => !isDone(item)))
  }

  private pump(): void {
    if (!this.parts.connection.ready || this.account === 0 || !this.isRead) return
    const now = Date.now()
    for (const item of due(this.queue.get(), now)) void this.deliver(item)
    clearTimeout(this.timer)
    const next = nextDue(this.queue.get(), now)
    this.timer = next === undefined ? undefined : setTimeout(() => this.pump(), next - now)
  }

  private async deliver({ client_id, account_id, conversation_id }: OutboxItem): Promise<void> {
    this.queue.set(departed(this.queue.get(), client_id))
    await this.parts.tabs.turn(`madang send ${account_id} ${conversation_id}`, () => this.inTurn(client_id))
    this.pump()
  }

  /** Sends it, while no other tab sends to that conversation: ends when it is answered, refused, or seen in the log. */
  private async inTurn(clientId: string): Promise<void> {
    const item = this.inFlight(clientId)
    if (!item) return
    if (!isNext(this.queue.get(), item)) {
      // Another tab's, written before it, has been heard of meanwhile.
      this.queue.set(heldBack(this.queue.get(), clientId))
      return
    }
    if (this.kept.has(clientId)) {
      const isThere = await inTime(STORAGE_MS, this.parts.storage.has(clientId))
      if (isThere === false) this.queue.set(without(this.queue.get(), clientId))
      if (!this.inFlight(clientId)) return
    }
    const landed = new Promise<void>((resolve) => this.landed.set(clientId, resolve))
    await Promise.race([this.ask(item), landed])
    this.landed.delete(clientId)
  }

  private async ask(item: OutboxItem): Promise<void> {
    const { client_id, conversation_id, text, reply_to } = item
    const file_ids = fileIds(item)
    try {
      const answer = await this.parts.connection.chat.ask('send_message', {
        conversation_id,
        client_id,
        text,
        ...(reply_to && { reply_to_seq: reply_to.seq }),
        ...(file_ids.length > 0 && { file_ids }),
      })
      await inTime(STORAGE_MS, this.onAnswer(client_id, answer))
    } catch (reason) {
      if (!this.inFlight(client_id)) return
      this.queue.set(refused(this.queue.get(), client_id, asMadangError(reason), Date.now()))
      // What is tried again waits on disk as it is.
      if (find(this.queue.get(), client_id)?.progress === 'failed') this.save(client_id)
    }
  }

  private inFlight(clientId: string): OutboxItem | undefined {
    const item = find(this.queue.get(), clientId)
    return item?.progress === 'in-flight' ? item : undefined
  }

  private onAnswer(clientId: string, answer: MessageSent): Promise<void> {
    this.parts.tabs.tell({ kind: 'done', client_id: clientId, answer })
    return this.finish(clientId, answer)
  }

  private discardNow(clientId: string): void {
    this.parts.tabs.tell({ kind: 'done', client_id: clientId })
    void this.finish(clientId)
  }

  /** Answered, or thrown away: nothing is left to do but to wait for its twin. Resolves when it is off the disk. */
  private finish(clientId: string, answer?: MessageSent): Promise<void> {
    this.remember(clientId)
    const { uploads = [], upload_ids = [] } = find(this.queue.get(), clientId) ?? {}
    this.parts.shelf.drop([...upload_ids, ...uploads.map(({ id }) => id)])
    this.queue.set(answer ? answered(this.queue.get(), clientId, answer) : without(this.queue.get(), clientId))
    const deleted = this.quietly(this.parts.storage.delete(clientId))
    this.landed.get(clientId)?.()
    if (answer) {
      this.settle(answer.conversation_id)
      this.parts.onStored(answer.conversation_id, answer.seq)
    }
    this.pump()
    return deleted
  }

  private remember(clientId: string): void {
    this.kept.delete(clientId)
    this.done.add(clientId)
    const [oldest] = this.done
    if (this.done.size > REMEMBERED && oldest) this.done.delete(oldest)
  }

  private save(clientId: string): void {
    const item = find(this.queue.get(), clientId)
    if (!item || item.answer) return
    const stored = toStore(item)
    const put = this.parts.storage.put(stored).then(() => {
      if (!this.done.has(clientId)) this.kept.add(clientId)
      // Only what the message on disk does not wait for any more.
      this.parts.shelf.drop(item.uploads.filter(({ id }) => !stored.upload_ids?.includes(id)).map(({ id }) => id))
    })
    void this.quietly(put)
    // Told at once: this page may be closed before the disk answers, and what is written elsewhere then comes behind it.
    this.parts.tabs.tell({ kind: 'queued', item: stored })
  }

  /** Reads what waits on disk; nothing is sent before, so that nothing overtakes. A disk that hangs is not waited for. */
  private async read(): Promise<void> {
    const reading = ++this.reading
    const keptBefore = new Set(this.kept)
    this.isRead = false
    const taken = this.tabsStarted
      .then(() => this.parts.storage.all())
      .then((stored) => {
        if (reading === this.reading) this.reconcile(stored, keptBefore)
      })
    await inTime(STORAGE_MS, taken)
    if (reading !== this.reading) return
    this.isRead = true
    this.pump()
  }

  private reconcile(stored: StoredSend[], keptBefore: ReadonlySet<string>): void {
    const mine = stored.filter((one) => one.account_id === this.account)
    const there = new Set(mine.map((one) => one.client_id))
    // Sent or thrown away by another tab while this one stood still.
    const isGone = ({ client_id, progress }: OutboxItem): boolean =>
      (progress === 'waiting' || progress === 'failed') && keptBefore.has(client_id) && !there.has(client_id)
    this.queue.set(this.queue.get().filter((item) => !isGone(item)))
    if (this.lastRead !== this.account) this.putBehind(mine)
    this.lastRead = this.account
    for (const one of mine) this.take(one)
    this.files.follow()
    this.pump()
  }

  /** What was written before the disk was read comes after what waits there, whatever the clock says. */
  private putBehind(stored: StoredSend[]): void {
    const before = this.queue.get()
    const older = stored.filter((one) => !find(before, one.client_id))
    this.queue.set(writtenAfter(before, this.parts.tabs.id, lastQueuedAt(older)))
    for (const item of this.queue.get()) if (!before.includes(item)) this.save(item.client_id)
    this.lastQueuedAt = Math.max(this.lastQueuedAt, lastQueuedAt(this.queue.get()))
  }

  private hear(stored: StoredSend): void {
    if (stored.account_id !== this.account) return
    const mine = find(this.queue.get(), stored.client_id)
    // Asked for in another tab, but the files are here.
    if (mine && mine.uploads.length > 0 && mine.progress === 'failed' && !stored.error) this.retry(mine.client_id)
    else this.take(stored)
    this.files.follow()
    this.pump()
  }

  private take(stored: StoredSend): void {
    const { id, isAlone, helpAfterMs } = this.parts.tabs
    if (this.done.has(stored.client_id)) return
    const isOwn = stored.tab === id
    const mayGoOn = this.parts.storage.fileOf !== undefined
    const item = fromStore(stored, mayGoOn || (!isOwn && !isAlone), isOwn ? 0 : Date.now() + helpAfterMs)
    this.lastQueuedAt = Math.max(this.lastQueuedAt, stored.queued_at)
    this.kept.add(stored.client_id)
    this.queue.set(merged(this.queue.get(), item))
    if (find(this.queue.get(), item.client_id) !== item) return
    if (item.error?.code !== stored.error?.code) this.save(item.client_id)
    // This tab has uploaded them before it was loaded anew.
    if (item.elsewhere_uploads > 0 && (isOwn || isAlone)) void this.files.goOnFor(item.tab)
  }

  private async quietly(work: Promise<void> | undefined): Promise<void> {
    try {
      await work
    } catch (reason) {
      // A full or forbidden disk must not stop anybody from talking; only a reload would forget.
      console.warn('Madang could not keep the outbox on this device.', reason)
    }
  }
}

function failedByConversation(queue: Queue): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  for (const item of queue) {
    if (item.progress === 'failed') counts.set(item.conversation_id, (counts.get(item.conversation_id) ?? 0) + 1)
  }
  return counts
}

function sameItems(one: readonly OutboxItem[], other: readonly OutboxItem[]): boolean {
  return one.length === other.length && one.every((item, place) => item === other[place])
}

function quote(message: Message): NonNullable<Message['reply_to']> {
  return { seq: message.seq, sender_id: message.sender_id, excerpt: excerptOf(message.text) }
}
