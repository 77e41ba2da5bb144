import type { ConversationView, Timeline as TimelineData } from '@madang/client'
import { useStore } from '@nanostores/react'
import { useEffect, useEffectEvent, useImperativeHandle, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type Ref } from 'react'
import { flushSync } from 'react-dom'
import { useMadang } from '../../app/context.ts'
import { t } from '../../i18n/index.ts'
import { shiftRange, type Range } from '../logic/anchor.ts'
import type { Row } from '../logic/runs.ts'
import { seenOf } from '../logic/seen.ts'
import { estimateRow } from './estimate.ts'
import { FloatingDay } from './FloatingDay.tsx'
import { Head } from './Head.tsx'
import { JumpPill } from './JumpPill.tsx'
import { leavePlace, type Left } from './places.ts'
import { ReadMark } from './readMark.ts'
import { Scroller } from './scroller.ts'
import { TimelineRow } from './TimelineRow.tsx'
import { useToday } from './useToday.ts'
import './timeline.css'

const LOAD_AHEAD = 1200
const SHOW_PILL = 400
const HEAD_HEIGHT = 196

/** Where a timeline is opened. */
export type Opening = { at: 'bottom' } | { at: 'divider'; key: string } | { at: 'message'; key: string } | { at: 'anchor'; key: string; offset: number }

export interface TimelineHandle {
  goTo(key: string): void
  goToBottom(): void
  focusRow(key: string): void
  focusLast(): void
  /** Where the view hangs; nothing for the bottom. */
  readonly place: Left | undefined
  goToPlace(place: Left): void
}

export interface TimelineProps {
  conversation: ConversationView
  timeline: TimelineData
  rows: readonly Row[]
  me: number
  opening: Opening
  flashKey: string | undefined
  heldKey: string | undefined
  handle: Ref<TimelineHandle>
  onRowKey: (event: KeyboardEvent, row: Row, article: HTMLElement) => void
  onLatest: () => void
}

/** The messages of a conversation, of which only those near the view are drawn. */
export function Timeline({ conversation, timeline, rows, me, opening, flashKey, heldKey, handle, onRowKey, onLatest }: TimelineProps) {
  const madang = useMadang()
  const members = useStore(madang.membersOf(conversation.id))
  const today = useToday()
  const element = useRef<HTMLDivElement>(null)
  const column = useRef<HTMLDivElement>(null)
  const slice = useRef<HTMLDivElement>(null)
  const [moved, setMoved] = useState({ day: undefined as number | undefined, pill: false })
  const [focusKey, setFocusKey] = useState<string>()
  const wantFocus = useRef<string>(undefined)
  const seen = useMemo(() => seenOf(rows, members, me), [rows, members, me])
  const name = conversation.with?.display_name ?? conversation.title

  const keys = useMemo(() => ['head', ...rows.map((row) => row.key)], [rows])
  const [drawn, setDrawn] = useState<{ keys: readonly string[]; range: Range }>({ keys, range: { start: 0, end: 0 } })
  if (drawn.keys !== keys) setDrawn({ keys, range: shiftRange(drawn.range, drawn.keys, keys) })
  const { range } = drawn

  const [scroller] = useState(() => new Scroller())
  const latest = useRef({ rows, conversation })
  const mark = useRef<ReadMark>(undefined)
  const known = useRef<readonly string[]>([])

  const page = (loading: Promise<void>) => {
    const feed = slice.current
    feed?.setAttribute('aria-busy', 'true')
    void loading.catch(() => undefined).finally(() => feed?.setAttribute('aria-busy', 'false'))
  }
  const onMove = useEffectEvent(() => {
    if (timeline.state === 'ready') {
      if (timeline.more_before && scroller.scroll < LOAD_AHEAD) page(madang.loadOlder(conversation.id))
      if (timeline.more_after && scroller.fromBottom < LOAD_AHEAD) page(madang.loadNewer(conversation.id))
    }
    mark.current?.look()
    const pill = !scroller.atBottom && (scroller.fromBottom > SHOW_PILL || conversation.unread > 0 || timeline.more_after)
    const top = rows[Math.max(0, scroller.heights.at(scroller.scroll + 40) - 1)]
    const day = top && new Date(top.at).setHours(0, 0, 0, 0)
    setMoved((before) => (before.pill === pill && before.day === day ? before : { pill, day }))
  })

  useLayoutEffect(() => {
    latest.current = { rows, conversation }
    scroller.listen({
      estimate: (index) => {
        const row = rows[index - 1]
        return row ? estimateRow(row, element.current?.clientWidth ?? 600) : HEAD_HEIGHT
      },
      onRange: (next, now) => {
        const change = () => setDrawn((before) => ({ ...before, range: next }))
        if (now) flushSync(change)
        else change()
      },
      onMove: () => onMove(),
    })
  }, [scroller, rows, conversation])

  useLayoutEffect(() => {
    if (!element.current || !column.current || !slice.current) return
    return scroller.attach({ scroller: element.current, column: column.current, slice: slice.current })
  }, [scroller])

  // Every commit is put in order before it is painted.
  useLayoutEffect(() => {
    scroller.commit(() => {
      const first = known.current.length === 0
      if (known.current !== keys) scroller.setRows(keys, !timeline.more_after, range)
      known.current = keys
      if (first && opening.at === 'divider') scroller.goTo(opening.key, 'third')
      else if (first && opening.at === 'message') scroller.goTo(opening.key, 'centre')
      else if (first && opening.at === 'anchor') scroller.goToAnchor(opening)
      else scroller.settle()
    })
    const wanted = wantFocus.current
    const article = wanted === undefined ? null : articleOf(slice.current, wanted)
    if (!article) return
    wantFocus.current = undefined
    article.focus({ preventScroll: true })
  })

  useEffect(() => {
    const made = new ReadMark({
      looking: () => document.visibilityState === 'visible' && document.hasFocus(),
      seen: () => seenSeq(scroller, latest.current.rows),
      mark: (seq) => madang.markRead(latest.current.conversation.id, seq),
    })
    mark.current = made
    const look = () => made.look()
    addEventListener('focus', look)
    document.addEventListener('visibilitychange', look)
    made.look()
    return () => {
      made.stop()
      removeEventListener('focus', look)
      document.removeEventListener('visibilitychange', look)
    }
  }, [madang, scroller])

  const conversationId = conversation.id
  useEffect(
    () => () => leavePlace(conversationId, placeOf(scroller, latest.current.rows)),
    [conversationId, scroller],
  )

  const focusRow = (key: string) => {
    setFocusKey(key)
    scroller.goTo(key, 'nearest')
    const article = articleOf(slice.current, key)
    article?.focus({ preventScroll: true })
    // A row that is not drawn yet is focused by the commit that draws it, and by no later one: somebody may write by then.
    wantFocus.current = article ? undefined : key
  }
  useImperativeHandle(handle, () => ({
    goTo: (key) => scroller.goTo(key, 'centre'),
    goToBottom: () => scroller.goToBottom(),
    focusRow,
    focusLast: () => {
      const last = rows.at(-1)
      if (last) focusRow(last.key)
    },
    get place() {
      return placeOf(scroller, latest.current.rows)
    },
    goToPlace: (place) => scroller.goToAnchor(place.anchor),
  }))

  const keyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.nativeEvent.isComposing || event.keyCode === 229 || !(event.target instanceof HTMLElement)) return
    const article = event.target.closest<HTMLElement>('.entry')
    const at = article ? rows.findIndex((row) => row.key === article.dataset.row) : -1
    const row = rows[at]
    if (!article || !row) return
    const page = Math.max(1, Math.floor(scroller.view / 90))
    const to = event.target === article || event.key.startsWith('Arrow') ? { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: rows.length - 1, PageUp: at - page, PageDown: at + page }[event.key] : undefined
    if (to !== undefined && !event.altKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault()
      const next = rows[Math.min(rows.length - 1, Math.max(0, to))]
      if (next) focusRow(next.key)
    } else if (event.target === article) onRowKey(event, row, article)
  }

  const shown = keys.slice(range.start, range.end)
  const focusAt = focusKey === undefined ? -1 : keys.indexOf(focusKey)
  const keptAt = focusAt >= 0 && (focusAt < range.start || focusAt >= range.end) ? focusAt : -1
  const tabbableKey = focusAt >= 0 ? focusKey : rows.at(-1)?.key
  const draw = (index: number, away?: number) => {
    if (index === 0) return <Head key="head" conversationId={conversation.id} more={timeline.more_before} />
    const row = rows[index - 1]
    if (!row) return null
    return (
      <TimelineRow
        key={row.key}
        row={row}
        tabbable={row.key === tabbableKey}
        flash={row.key === flashKey}
        held={row.key === heldKey}
        seen={seen?.key === row.key ? seen.by : undefined}
        today={today}
        away={away}
        onFocus={setFocusKey}
      />
    )
  }
  const keptTop = keptAt >= 0 ? scroller.heights.top(keptAt) : 0
  return (
    <>
      <div className="timeline" ref={element}>
        <div className="timeline-column" ref={column}>
          <div className="timeline-slice" role={rows.length ? 'feed' : 'group'} aria-label={t('timeline.label', { name })} ref={slice} onKeyDown={keyDown}>
            {keptAt >= 0 && keptAt < range.start && draw(keptAt, keptTop)}
            {shown.map((_, offset) => draw(range.start + offset))}
            {keptAt >= range.end && draw(keptAt, keptTop)}
          </div>
        </div>
      </div>
      <FloatingDay day={moved.day} scroller={element} />
      <JumpPill shown={moved.pill} unread={conversation.unread} mentions={conversation.mentions} onJump={onLatest} />
    </>
  )
}

/** What to come back to. */
function placeOf({ anchor, hangsOnBottom }: Scroller, rows: readonly Row[]): Left | undefined {
  const row = anchor && rows.find((one) => one.key === anchor.key)
  return row && !hangsOnBottom ? { anchor, seq: row.seq } : undefined
}

function articleOf(slice: HTMLElement | null, key: string): HTMLElement | null {
  return slice?.querySelector<HTMLElement>(`.entry[data-row="${CSS.escape(key)}"]`) ?? null
}

/** The newest seq whose row ends inside the view. */
function seenSeq(scroller: Scroller, rows: readonly Row[]): number {
  const bottom = scroller.scroll + scroller.view
  let index = scroller.heights.at(bottom)
  while (index > 0 && scroller.heights.top(index + 1) > bottom + 4) index -= 1
  for (; index > 0; index -= 1) {
    const seq = rows[index - 1]?.seq ?? 0
    if (seq > 0) return seq
  }
  return 0
}
