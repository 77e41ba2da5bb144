/** What a conversation's log looks like on the screen: pure functions from one state to the next. */
import type { Item, SentItem, SystemItem, Timeline } from './api.ts'
import type { Entry, Message, MessagesPage, Reaction } from './types.ts'

const KEEP_RECENT = 300
const EXCERPT = 200
export const KEEP_ITEMS = 600

/** A line of the log; changes up to `as_of` are in it already. */
export type LogItem = (SentItem & { as_of: number }) | (SystemItem & { as_of: number })

/** A timeline without the outbox, with what it needs to stay right. */
export interface Log extends Omit<Timeline, 'items'> {
  me: number
  items: readonly LogItem[]
  /** Entries beyond a gap, by seq; or everything heard while the first page is on its way. */
  held: readonly Entry[]
  /** Entries applied lately: a page that was read before them gets them too. */
  recent: readonly Entry[]
}

/** A page as the server gave it, with the system lines of its range. */
export type Page = MessagesPage & { system?: Entry[] }

export function emptyLog(conversationId: number, me: number): Log {
  return {
    conversation_id: conversationId,
    state: 'empty',
    me,
    items: [],
    known_seq: 0,
    more_before: false,
    more_after: false,
    held: [],
    recent: [],
  }
}

/** The log with one more entry: dropped when it is known, held when something before it is missing. */
export function receive(log: Log, entry: Entry): Log {
  if (log.state === 'empty') return log
  if (log.state === 'loading' || entry.seq > log.known_seq + 1) return hold(log, entry)
  if (entry.seq <= log.known_seq) return log
  return release(applyNext(log, entry))
}

/** Whether entries wait for one that is missing. */
export function hasGap(log: Log): boolean {
  return log.state === 'ready' && log.held.length > 0
}

/** A log whose first page, or whose page elsewhere, is on its way. What was shown stays until it is here. */
export function loading(log: Log): Log {
  return log.state === 'empty' ? { ...log, state: 'loading' } : log
}

/** A log of which nothing holds any more, because the server has another one; what was shown stays until the new page is here. */
export function startedOver(log: Log): Log {
  return { ...log, state: 'loading', held: [], recent: [] }
}

/** The log showing this page instead of what it showed. */
export function replaceWith(log: Log, page: Page): Log {
  const later = [...log.recent, ...log.held].filter((entry) => entry.seq > page.head_seq)
  const fresh: Log = {
    ...log,
    state: 'ready',
    items: pageItems(log, page),
    known_seq: page.head_seq,
    more_before: page.more_before,
    more_after: page.more_after,
    held: [],
    recent: [],
  }
  return later.reduce(receive, fresh)
}

/** The log with an older page before what it shows. */
export function prepend(log: Log, page: Page): Log {
  const first = log.items[0]
  const older = pageItems(log, page).filter((item) => !first || seqOf(item) < seqOf(first))
  let changed: readonly LogItem[] = older
  for (const entry of missed(log, page)) changed = applyChange(changed, entry, log.me)
  return trim({ ...log, items: [...changed, ...log.items], more_before: page.more_before }, 'oldest')
}

/** The log with a newer page behind what it shows. */
export function append(log: Log, page: Page): Log {
  const last = log.items.at(-1)
  const newer = pageItems(log, page).filter((item) => !last || seqOf(item) > seqOf(last))
  let changed: readonly LogItem[] = newer
  for (const entry of missed(log, page)) {
    changed = page.more_after ? applyChange(changed, entry, log.me) : addLine(applyChange(changed, entry, log.me), entry, log.me)
  }
  return trim({ ...log, items: [...log.items, ...changed], more_after: page.more_after }, 'newest')
}

/** How many of others' messages stand behind `readSeq` and how many name me; nothing when the log does not reach that far. */
export function countBeyond(log: Log, readSeq: number): { unread: number; mentions: number } | undefined {
  if (log.state !== 'ready' || log.more_after) return undefined
  const first = log.items[0]
  if (log.more_before && (!first || seqOf(first) > readSeq + 1)) return undefined
  let unread = 0
  let mentions = 0
  for (const item of log.items) {
    if (seqOf(item) <= readSeq || !isForeign(item, log.me)) continue
    unread += 1
    if (namesMe(item.message, log.me)) mentions += 1
  }
  return { unread, mentions }
}

/** The seq of an item that the server knows; 0 for one in the outbox. */
export function seqOf(item: Item): number {
  return item.kind === 'message' ? item.message.seq : item.entry.seq
}

export function namesMe(message: Message, me: number): boolean {
  return message.mentions.some((who) => who === 'all' || who === me)
}

/** Whether the entry is a line of its own that is not a message: who came, who left, what was renamed or pinned. */
export function isSystemEntry(entry: Entry): boolean {
  return ['member_added', 'member_removed', 'role_changed', 'conversation_changed', 'conversation_dissolved', 'message_pinned'].includes(entry.kind)
}

function isForeign(item: LogItem, me: number): item is SentItem & { as_of: number } {
  return item.kind === 'message' && item.message.sender_id !== me && item.message.deleted_at === undefined
}

function hold(log: Log, entry: Entry): Log {
  const place = placeOf(log.held, entry.seq, (held) => held.seq)
  if (log.held[place]?.seq === entry.seq) return log
  return { ...log, held: [...log.held.slice(0, place), entry, ...log.held.slice(place)] }
}

function release(log: Log): Log {
  let now = log
  let next = 0
  for (; next < log.held.length; next++) {
    const entry = log.held[next]!
    if (entry.seq > now.known_seq + 1) break
    if (entry.seq > now.known_seq) now = applyNext(now, entry)
  }
  return next === 0 ? now : { ...now, held: log.held.slice(next) }
}

function applyNext(log: Log, entry: Entry): Log {
  let items = applyChange(log.items, entry, log.me)
  if (!log.more_after) items = addLine(items, entry, log.me)
  const next = { ...log, items, known_seq: entry.seq, recent: [...log.recent.slice(1 - KEEP_RECENT), entry] }
  // Somebody may be reading the oldest lines: only a long evening cuts them off.
  return items.length > KEEP_ITEMS * 1.5 ? trim(next, 'newest') : next
}

/** Entries that the log has had and the page was read too early for. */
function missed(log: Log, page: Page): Entry[] {
  return log.recent.filter((entry) => entry.seq > page.head_seq)
}

function pageItems(log: Log, page: Page): LogItem[] {
  const messages = page.messages.map((message) => messageItem(message, log.me, page.head_seq))
  const system = (page.system ?? []).filter(isSystemEntry).map(systemItem)
  return [...messages, ...system].sort((one, other) => seqOf(one) - seqOf(other))
}

function messageItem(message: Message, me: number, asOf: number): LogItem {
  const key = message.sender_id === me ? message.client_id : String(message.seq)
  return { kind: 'message', message, key, state: 'sent', as_of: asOf }
}

function systemItem(entry: Entry): LogItem {
  return { kind: 'system', entry, key: String(entry.seq), state: 'sent', as_of: entry.seq }
}

function addLine(items: readonly LogItem[], entry: Entry, me: number): readonly LogItem[] {
  if (entry.kind !== 'message_created' && !isSystemEntry(entry)) return items
  const place = placeOf(items, entry.seq, seqOf)
  const there = items[place]
  if (there && seqOf(there) === entry.seq) return items
  const item = entry.kind === 'message_created' ? messageItem(entry.data, me, entry.seq) : systemItem(entry)
  return [...items.slice(0, place), item, ...items.slice(place)]
}

function applyChange(items: readonly LogItem[], entry: Entry, me: number): readonly LogItem[] {
  switch (entry.kind) {
    case 'message_edited': {
      const { text, mentions, edited_at } = entry.data
      const changed = changeMessage(items, entry, (message) => ({ ...message, text, mentions, edited_at }))
      return changeQuotes(changed, entry, excerptOf(text))
    }
    case 'message_deleted':
      return changeQuotes(changeMessage(items, entry, (message) => deleted(message, entry.at)), entry, '')
    case 'reaction_added':
    case 'reaction_removed': {
      const change = entry.kind === 'reaction_added' ? addReaction : removeReaction
      const { emoji } = entry.data
      return changeMessage(items, entry, (message) => ({
        ...message,
        reactions: change(message.reactions, emoji, entry.actor_id, entry.actor_id === me),
      }))
    }
    case 'message_pinned':
      return changeMessage(items, entry, (message) => ({ ...message, pinned_at: entry.at }))
    case 'message_unpinned':
      return changeMessage(items, entry, unpinned)
    case 'previews_changed':
      return changeMessage(items, entry, (message) => ({ ...message, previews: entry.data.previews }))
    default:
      return items
  }
}

function changeMessage(
  items: readonly LogItem[],
  entry: Targeted,
  change: (message: Message) => Message,
): readonly LogItem[] {
  const place = placeOf(items, entry.data.target_seq, seqOf)
  const item = items[place]
  if (item?.kind !== 'message' || item.message.seq !== entry.data.target_seq || item.as_of >= entry.seq) return items
  return items.with(place, { ...item, message: change(item.message), as_of: entry.seq })
}

function deleted(message: Message, at: number): Message {
  const { previews: _, ...rest } = unpinned(message)
  return { ...rest, text: '', attachments: [], mentions: [], deleted_at: at }
}

function unpinned({ pinned_at: _, ...message }: Message): Message {
  return message
}

type Targeted = Entry & { data: { target_seq: number } }

/** Messages that answer the changed one show its new words, or none. */
function changeQuotes(items: readonly LogItem[], entry: Targeted, excerpt: string): readonly LogItem[] {
  const target = entry.data.target_seq
  const isStale = (item: LogItem): boolean =>
    item.kind === 'message' && item.message.reply_to?.seq === target && item.as_of < entry.seq
  if (!items.some(isStale)) return items
  return items.map((item) =>
    item.kind === 'message' && item.message.reply_to && isStale(item)
      ? { ...item, message: { ...item.message, reply_to: { ...item.message.reply_to, excerpt } } }
      : item,
  )
}

/** The first words of a text, as the server quotes it: 200 code points. */
export function excerptOf(text: string): string {
  return text.length <= EXCERPT ? text : [...text].slice(0, EXCERPT).join('')
}

function addReaction(reactions: Reaction[], emoji: string, actor: number, mine: boolean): Reaction[] {
  const there = reactions.find((reaction) => reaction.emoji === emoji)
  if (!there) return [...reactions, { emoji, count: 1, mine, account_ids: [actor] }]
  if (there.account_ids.includes(actor)) return reactions
  const account_ids = there.account_ids.length < 20 ? [...there.account_ids, actor] : there.account_ids
  return replaceReaction(reactions, { ...there, count: there.count + 1, mine: there.mine || mine, account_ids })
}

function removeReaction(reactions: Reaction[], emoji: string, actor: number, mine: boolean): Reaction[] {
  const there = reactions.find((reaction) => reaction.emoji === emoji)
  if (!there) return reactions
  if (there.count <= 1) return reactions.filter((reaction) => reaction !== there)
  const account_ids = there.account_ids.filter((id) => id !== actor)
  return replaceReaction(reactions, { ...there, count: there.count - 1, mine: there.mine && !mine, account_ids })
}

function replaceReaction(reactions: Reaction[], changed: Reaction): Reaction[] {
  return reactions.map((reaction) => (reaction.emoji === changed.emoji ? changed : reaction))
}

function trim(log: Log, keep: 'oldest' | 'newest'): Log {
  if (log.items.length <= KEEP_ITEMS) return log
  if (keep === 'oldest') return { ...log, items: log.items.slice(0, KEEP_ITEMS), more_after: true }
  return { ...log, items: log.items.slice(-KEEP_ITEMS), more_before: true }
}

/** Where `seq` is in a list sorted by seq, or where it would have to be put. */
function placeOf<T>(sorted: readonly T[], seq: number, seqIn: (one: T) => number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (seqIn(sorted[middle]!) < seq) low = middle + 1
    else high = middle
  }
  return low
}
