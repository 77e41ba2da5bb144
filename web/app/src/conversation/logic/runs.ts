import type { Entry, Item, Message } from '@madang/client'
import { folds } from './folding.ts'

/** One line of the timeline as it is drawn: an item and what stands before it and around it. */
export interface Row {
  key: string
  item: Item
  /** 0 while it has none. */
  seq: number
  at: number
  own: boolean
  /** A day separator stands before it: the time of the day it names. */
  day?: number
  /** The line "New messages" stands before it. */
  divider: boolean
  /** First and last of its run: one author, one day, less than five minutes apart, no divider between. */
  first: boolean
  last: boolean
  /** Whether its time is shown: it closes the run, or what follows in it has not been sent. */
  stamp: boolean
  /** What happened one after the other and is said in one line: the entries, with that of the item. */
  folded?: readonly [Entry, ...Entry[]]
}

export const RUN_MS = 5 * 60_000

export interface RowsOptions {
  me: number
  /** The first message that was unread when the conversation was opened. */
  dividerSeq?: number
  /** The beginning of the local day of a time. */
  dayOf?: (at: number) => number
}

/** The rows of a timeline, grouped into runs. */
export function rowsOf(items: readonly Item[], { me, dividerSeq, dayOf = localDay }: RowsOptions): Row[] {
  const rows: Row[] = []
  let dividerDone = dividerSeq === undefined
  for (const item of items) {
    const before = rows.at(-1)
    const at = timeOf(item)
    const seq = seqOf(item)
    const day = dayOf(at)
    const passed = !dividerDone && seq >= (dividerSeq ?? 0) && seq > 0
    if (passed) dividerDone = true
    // Where the rows begin behind its place, it stands among those that are not loaded.
    const divider = passed && (before !== undefined || seq === dividerSeq)
    const newDay = !before || dayOf(before.at) !== day
    const folded = newDay || divider ? undefined : foldedInto(before, item)
    if (before && folded) {
      before.folded = folded
      continue
    }
    const joins = before !== undefined && !newDay && !divider && sameRun(before.item, item, at - before.at)
    if (before && joins) {
      before.last = false
      before.stamp = before.item.state === 'sent' && item.state !== 'sent'
    }
    const own = item.kind === 'message' && item.message.sender_id === me
    const row: Row = { key: item.key, item, seq, at, own, divider, first: !joins, last: true, stamp: true }
    if (newDay) row.day = day
    rows.push(row)
  }
  return rows
}

/** Reuses the rows that have not changed, so that what draws them need not draw again. */
export function keepRows(old: readonly Row[], fresh: Row[]): Row[] {
  const known = new Map(old.map((row) => [row.key, row]))
  return fresh.map((row) => {
    const before = known.get(row.key)
    return before && sameRow(before, row) ? before : row
  })
}

export const timeOf = (item: Item): number => (item.kind === 'message' ? item.message.sent_at : item.entry.at)
export const seqOf = (item: Item): number => (item.kind === 'message' ? item.message.seq : item.entry.seq)
export const messageOf = (row: Row | undefined): Message | undefined => (row?.item.kind === 'message' ? row.item.message : undefined)

/** The first unread message of others: where the divider belongs. */
export function firstUnread(items: readonly Item[], readSeq: number, me: number): number | undefined {
  const first = items.find((item) => {
    if (item.kind !== 'message') return false
    const { seq, sender_id, deleted_at } = item.message
    return seq > readSeq && sender_id !== me && deleted_at === undefined
  })
  return first && seqOf(first)
}

function foldedInto(before: Row | undefined, item: Item): Row['folded'] {
  if (before?.item.kind !== 'system' || item.kind !== 'system') return undefined
  const entries = before.folded ?? [before.item.entry]
  return folds(entries.at(-1) as Entry, item.entry) ? [...entries, item.entry] : undefined
}

function sameRun(before: Item, item: Item, apart: number): boolean {
  if (before.kind !== 'message' || item.kind !== 'message') return false
  return before.message.sender_id === item.message.sender_id && apart < RUN_MS
}

function sameRow(a: Row, b: Row): boolean {
  return a.item === b.item && a.own === b.own && a.day === b.day && a.divider === b.divider && a.first === b.first && a.last === b.last && a.stamp === b.stamp && a.folded?.length === b.folded?.length
}

function localDay(at: number): number {
  const date = new Date(at)
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
}
