import { atom, computed, type ReadableAtom } from 'nanostores'
import type { Draft, Item, UnsentItem, Upload } from './api.ts'
import type { Connection } from './connection.ts'
import { asMadangError, final } from './errors.ts'
import {
  again, answered, departed, due, fileIds, find, fromStore, nextDue, reconnected, refused, shown, toStore, without,
  type OutboxItem, type Queue,
} from './outbox.ts'
import type { OutboxStorage } from './outboxDb.ts'
import { newClientId } from './randomId.ts'
import type { Tabs } from './tabs.ts'
import { excerptOf } from './timeline.ts'
import type { Entry, Message, MessageSent } from './types.ts'

interface Parts {
  connection: Connection
  storage: OutboxStorage
  tabs: Tabs
  /** Whether the timeline shows the stored message, or does not show that place at all. */
  isShown: (conversationId: number, seq: number) => boolean
}

type Lines = readonly (UnsentItem | Item)[]

/** Sends what is written: kept on disk, in order, one at a time in each conversation, until there is a final answer. */
export class Outbox {
  readonly queue = atom<Queue>([])
  readonly notSent: ReadableAtom<ReadonlyMap<number, number>>
  private readonly lines = new Map<number, ReadableAtom<Lines>>()
  private readonly isConnected: ReadableAtom<boolean>
  private readonly followed = new Set<string>()
  private account = 0
  private lastQueuedAt = 0
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
    this.isConnected = computed(parts.connection.state, () => parts.connection.ready)
    this.notSent = computed(this.queue, failedByConversation)
    parts.tabs.listen((message) => {
      if (message.kind === 'queued' && parts.tabs.leading.get()) void this.follow(message.tab)
    })
    parts.tabs.leading.listen((isLeading) => {
      if (isLeading) void this.adoptLeftBehind()
    })
  }

  /** Writes for this account from now on, and takes up what this tab, and tabs that are gone, could not send. */
  async start(account: number, tabsStarted: Promise<void>): Promise<void> {
    if (this.account !== account) this.queue.set([])
    this.account = account
    await tabsStarted
    await this.adopt((tab) => tab === this.parts.tabs.id)
    if (this.parts.tabs.leading.get()) await this.adoptLeftBehind()
  }

  /** Stops sending; what waits stays on disk. */
  pause(): void {
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
    // Two messages of one millisecond must be told apart after a reload.
    this.lastQueuedAt = Math.max(Date.now(), this.lastQueuedAt + 1)
    const item: OutboxItem = {
      client_id: newClientId(),
      account_id: this.account,
      conversation_id: conversationId,
      text: draft.text,
      files: [],
      uploads,
      lost_uploads: 0,
      queued_at: this.lastQueuedAt,
      progress: 'waiting',
      tries: 0,
      not_before: 0,
      ...(draft.reply_to && { reply_to: quote(draft.reply_to) }),
    }
    this.queue.set([...this.queue.get(), item])
    for (const upload of uploads) this.watch(item.client_id, upload)
    this.save(item.client_id)
    this.parts.tabs.tell({ kind: 'queued', tab: this.parts.tabs.id })
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
    this.forget(clientId)
    for (const upload of item.uploads) if (upload.progress.get().state !== 'done') upload.cancel()
    this.pump()
  }

  /** A connection is there: whatever waits goes now. */
  onReady(): void {
    this.queue.set(reconnected(this.queue.get()))
    this.pump()
  }

  /** An entry of the log: one's own message is its own answer, should the answer have been lost. */
  receive(entry: Entry): void {
    if (entry.kind !== 'message_created' || entry.data.sender_id !== this.account) return
    const { client_id, conversation_id, seq, sent_at } = entry.data
    if (find(this.queue.get(), client_id)) this.onAnswer(client_id, { conversation_id, seq, sent_at, duplicate: true })
  }

  /** Lets go of what the timeline shows by now. */
  settle(conversationId: number): void {
    const isDone = (item: OutboxItem): boolean =>
      item.conversation_id === conversationId && item.answer !== undefined && this.parts.isShown(conversationId, item.answer.seq)
    if (this.queue.get().some(isDone)) this.queue.set(this.queue.get().filter((item) => !isDone(item)))
  }

  private pump(): void {
    if (!this.parts.connection.ready || this.account === 0) return
    const now = Date.now()
    for (const item of due(this.queue.get(), now)) void this.deliver(item)
    clearTimeout(this.timer)
    const next = nextDue(this.queue.get(), now)
    this.timer = next === undefined ? undefined : setTimeout(() => this.pump(), next - now)
  }

  private async deliver(item: OutboxItem): Promise<void> {
    const { client_id, conversation_id, text, reply_to } = item
    const file_ids = fileIds(item)
    this.queue.set(departed(this.queue.get(), client_id))
    try {
      const answer = await this.parts.connection.chat.ask('send_message', {
        conversation_id,
        client_id,
        text,
        ...(reply_to && { reply_to_seq: reply_to.seq }),
        ...(file_ids.length > 0 && { file_ids }),
      })
      this.onAnswer(client_id, answer)
    } catch (reason) {
      if (find(this.queue.get(), client_id)?.progress !== 'in-flight') return
      this.queue.set(refused(this.queue.get(), client_id, asMadangError(reason), Date.now()))
      this.save(client_id)
      this.pump()
    }
  }

  private onAnswer(clientId: string, answer: MessageSent): void {
    this.queue.set(answered(this.queue.get(), clientId, answer))
    void this.quietly(this.parts.storage.delete(clientId))
    this.settle(answer.conversation_id)
    this.pump()
  }

  private watch(clientId: string, upload: Upload): void {
    const stop = upload.progress.listen(({ state, error }) => {
      const item = find(this.queue.get(), clientId)
      if (!item || item.answer) return stop()
      if (state === 'cancelled') this.drop(item, upload)
      else if (state === 'failed' && error) this.queue.set(refused(this.queue.get(), clientId, final(error), Date.now()))
      else if (state !== 'done') return
      this.save(clientId)
      this.pump()
    })
    const { state, error } = upload.progress.get()
    if (state === 'failed' && error) this.queue.set(refused(this.queue.get(), clientId, final(error), Date.now()))
  }

  /** A cancelled file leaves its message; a message of nothing leaves too. */
  private drop(item: OutboxItem, upload: Upload): void {
    const uploads = item.uploads.filter((other) => other !== upload)
    if (uploads.length === 0 && item.files.length === 0 && item.text.trim() === '') this.forget(item.client_id)
    else this.queue.set(this.queue.get().map((other) => (other === item ? { ...item, uploads } : other)))
  }

  private forget(clientId: string): void {
    this.queue.set(without(this.queue.get(), clientId))
    void this.quietly(this.parts.storage.delete(clientId))
  }

  private save(clientId: string): void {
    const item = find(this.queue.get(), clientId)
    if (item && !item.answer) void this.quietly(this.parts.storage.put(toStore(item, this.parts.tabs.id)))
  }

  private async adoptLeftBehind(): Promise<void> {
    const stored = await this.parts.storage.all().catch(() => [])
    for (const tab of new Set(stored.map((item) => item.tab))) void this.follow(tab)
  }

  /** Takes over what a tab has not sent, once it is closed. */
  private async follow(tab: string): Promise<void> {
    if (tab === this.parts.tabs.id || this.followed.has(tab)) return
    this.followed.add(tab)
    try {
      await this.parts.tabs.untilClosed(tab)
      await this.adopt((other) => other === tab)
    } catch {
      return // This tab was closed first.
    } finally {
      this.followed.delete(tab)
    }
  }

  private async adopt(isFrom: (tab: string) => boolean): Promise<void> {
    const stored = await this.parts.storage.all().catch(() => [])
    const fresh = stored.filter(
      (item) => item.account_id === this.account && isFrom(item.tab) && !find(this.queue.get(), item.client_id),
    )
    if (fresh.length === 0) return
    this.queue.set([...fresh.map(fromStore), ...this.queue.get()].sort((one, other) => one.queued_at - other.queued_at))
    for (const item of fresh) this.save(item.client_id)
    this.pump()
  }

  private async quietly(work: Promise<void>): Promise<void> {
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
