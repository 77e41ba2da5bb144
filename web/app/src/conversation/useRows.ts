import type { ConversationView, Timeline } from '@madang/client'
import { useMemo, useState } from 'react'
import { firstUnread, keepRows, rowsOf, type Row } from './logic/runs.ts'
import { placeLeft } from './timeline/places.ts'
import type { Opening } from './timeline/Timeline.tsx'

/** The rows of a conversation and where it opens; the divider stays where reading stopped until it is cleared. */
export function useRows(conversation: ConversationView, timeline: Timeline, me: number, aroundSeq: number | undefined) {
  const [readSeq] = useState(conversation.read_seq)
  const [dividerSeq, setDividerSeq] = useState<number>()
  const [opening, setOpening] = useState<Opening>()
  const [kept, setKept] = useState<{ timeline: Timeline; dividerSeq: number | undefined; rows: Row[] }>()

  const fresh = useMemo(() => rowsOf(timeline.items, { me, ...(dividerSeq !== undefined && { dividerSeq }) }), [timeline, me, dividerSeq])
  let rows = kept?.rows ?? []
  if (kept?.timeline !== timeline || kept.dividerSeq !== dividerSeq) {
    rows = keepRows(rows, fresh)
    setKept({ timeline, dividerSeq, rows })
  }
  if (timeline.state === 'ready' && opening === undefined) {
    const unread = conversation.unread > 0 ? firstUnread(timeline.items, readSeq, me) : undefined
    setDividerSeq(unread)
    setOpening(openingOf(fresh, conversation.id, unread, aroundSeq))
  }
  return { rows, opening, clearDivider: () => setDividerSeq(undefined) }
}

/** A link goes to its message, a return to the place left, unread messages to the divider, all else to the bottom. */
export function openingOf(rows: readonly Row[], conversationId: number, unread: number | undefined, aroundSeq: number | undefined): Opening {
  const target = aroundSeq === undefined ? undefined : rows.find((row) => row.seq === aroundSeq)
  if (target) return { at: 'message', key: target.key }
  const left = placeLeft(conversationId)
  if (left && rows.some((row) => row.key === left.anchor.key)) return { at: 'anchor', ...left.anchor }
  const first = unread === undefined ? undefined : rows.find((row) => row.seq >= unread)
  return first ? { at: 'divider', key: first.key } : { at: 'bottom' }
}
