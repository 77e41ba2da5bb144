import type { Item } from '@madang/client'
import { Check, Clock, Pin } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Icon } from '../../components/index.ts'
import { clockTime, exactTime, machineTime } from '../../i18n/format.ts'
import { t } from '../../i18n/index.ts'
import type { Row } from '../logic/runs.ts'

const SAY_SENDING_MS = 400

/** What stands at a bubble's inner foot: the time that closes a run, or how far an own message has come. */
export function Stamp({ row, item, seenDirectly }: { row: Row; item: Item; seenDirectly: boolean }) {
  if (item.state === 'failed') return null
  if (item.state === 'waiting') {
    return (
      <span className="stamp">
        <Icon of={Clock} size={14} />
        {t('message.state.waiting')}
      </span>
    )
  }
  if (item.state === 'sending') return <Sending since={item.queued_at} at={row.at} last={row.stamp} />
  const pinned = item.kind === 'message' && item.message.pinned_at !== undefined
  if (!row.stamp && !seenDirectly && !pinned) return null
  return (
    <span className="stamp" data-seen={seenDirectly ? '' : undefined}>
      {seenDirectly && <span>{t('message.seen')}</span>}
      {pinned && (
        <span className="pinned" title={t('message.pinned')}>
          <Icon of={Pin} size={14} />
        </span>
      )}
      {row.own && !seenDirectly && <Icon of={Check} size={14} />}
      <Time at={row.at} />
    </span>
  )
}

function Sending({ since, at, last }: { since: number; at: number; last: boolean }) {
  const [late, setLate] = useState(() => Date.now() - since > SAY_SENDING_MS)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), Math.max(0, since + SAY_SENDING_MS - Date.now()))
    return () => clearTimeout(timer)
  }, [since])
  if (!late) return last ? <span className="stamp"><Time at={at} /></span> : null
  return (
    <span className="stamp">
      <Icon of={Clock} size={14} />
      {t('message.state.sending')}
    </span>
  )
}

function Time({ at }: { at: number }) {
  return (
    <time dateTime={machineTime(at)} title={exactTime(at)}>
      {clockTime(at)}
    </time>
  )
}
