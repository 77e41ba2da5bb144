import type { Account } from '@madang/client'
import { memo, useLayoutEffect, useRef } from 'react'
import { dayLabel } from '../../i18n/format.ts'
import { t } from '../../i18n/index.ts'
import type { Row } from '../logic/runs.ts'
import { MessageRow, useMessageLabel } from '../message/MessageRow.tsx'
import { SystemLine, useSystemSentence } from '../message/SystemLine.tsx'

export interface TimelineRowProps {
  row: Row
  tabbable: boolean
  flash: boolean
  held: boolean
  seen?: readonly Account[] | undefined
  /** Changes at midnight, when "Today" becomes another day. */
  today: number
  /** Its height above the drawn rows, when it is kept only because it has the focus. */
  away?: number | undefined
  onFocus: (key: string) => void
}

/** An article of the feed: what stands before it (day, divider) and the message or line itself. */
export const TimelineRow = memo(function TimelineRow(props: TimelineRowProps) {
  const { item } = props.row
  return item.kind === 'message' ? <MessageArticle {...props} item={item} /> : <SystemArticle {...props} item={item} />
})

function MessageArticle({ row, item, flash, held, seen, ...rest }: TimelineRowProps & { item: Extract<Row['item'], { kind: 'message' }> }) {
  const label = useMessageLabel(row, item)
  return (
    <Article row={row} label={label} {...rest}>
      <MessageRow row={row} item={item} flash={flash} held={held} seen={seen} />
    </Article>
  )
}

function SystemArticle({ row, item, ...rest }: TimelineRowProps & { item: Extract<Row['item'], { kind: 'system' }> }) {
  const entries = row.folded ?? ([item.entry] as const)
  const label = useSystemSentence(entries)
  return (
    <Article row={row} label={label} {...rest}>
      <SystemLine entries={entries} />
    </Article>
  )
}

type ArticleProps = Pick<TimelineRowProps, 'row' | 'tabbable' | 'away' | 'onFocus'> & { label: string; children: React.ReactNode }

function Article({ row, label, tabbable, away, onFocus, children }: ArticleProps) {
  const article = useRef<HTMLElement>(null)
  // One message is in the tab order, and with it what it holds: its links, pictures and reactions.
  useLayoutEffect(() => {
    for (const inside of article.current?.querySelectorAll<HTMLElement>('a, button, pre, audio, video') ?? []) inside.tabIndex = tabbable ? 0 : -1
  })
  return (
    <article
      className="entry"
      ref={article}
      data-row={row.key}
      data-seq={row.seq || undefined}
      aria-posinset={row.seq || undefined}
      aria-setsize={-1}
      aria-label={label}
      tabIndex={tabbable ? 0 : -1}
      style={away === undefined ? undefined : { position: 'absolute', insetInline: 0, top: away }}
      onFocus={() => onFocus(row.key)}
    >
      {row.day !== undefined && <h2 className="day">{dayLabel(row.day)}</h2>}
      {row.divider && (
        <div className="divider" role="separator" aria-label={t('timeline.new')}>
          {t('timeline.new')}
        </div>
      )}
      {children}
    </article>
  )
}
