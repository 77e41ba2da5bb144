import type { Notification } from '@madang/client'
import { useStore } from '@nanostores/react'
import { useEffect, useRef, useState } from 'react'
import { useNow } from '../app/clock.ts'
import { useMadang } from '../app/context.ts'
import { useKeptFocus } from '../app/kept-focus.ts'
import { Button, Chips, Empty, PageTitle, SkeletonRows, TextButton } from '../components/index.ts'
import { daysBetween } from '../i18n/format.ts'
import { t } from '../i18n/index.ts'
import '../i18n/later.ts'
import { NotificationRow } from './NotificationRow.tsx'
import { PermissionCard } from './PermissionCard.tsx'
import './notifications.css'

type Filter = 'all' | 'mentions' | 'requests'

const rows = { row: '.note', buttons: '.note-link, .note-answer > button, .acts > button' }

/** The inbox: what called for this person, newest first. */
export default function NotificationsPage() {
  const { notifications } = useMadang()
  const [filter, setFilter] = useState<Filter>('all')
  const [attempt, setAttempt] = useState(0)
  const [failedAttempt, setFailedAttempt] = useState<string>()
  const page = useRef<HTMLDivElement>(null)
  const focus = useKeptFocus(page, rows)
  const items = useStore(notifications.items)
  const counts = useStore(notifications.counts)
  const more = useStore(notifications.more)
  useEffect(() => {
    let here = true
    notifications.load(filter).then(
      () => void notifications.markSeen().catch(() => undefined),
      () => here && setFailedAttempt(`${filter}${attempt}`),
    )
    return () => {
      here = false
    }
  }, [notifications, filter, attempt])
  const failed = failedAttempt === `${filter}${attempt}`
  const notes = items?.filter((note) => note.archived_at === undefined)
  return (
    <div className="pane-scroll">
      <div className="column inbox" ref={page} {...focus}>
        <header className="top">
          <PageTitle>{t('notifications.title')}</PageTitle>
          <Chips
            label={t('sidebar.filter')}
            value={filter}
            onChange={setFilter}
            options={[
              { value: 'all', label: t('notifications.filter.all') },
              { value: 'mentions', label: t('notifications.filter.mentions') },
              { value: 'requests', label: t('notifications.filter.requests') },
            ]}
          />
        </header>
        <PermissionCard />
        {notes && notes.length > 0 && (
          <div className="count">
            <span className="small grow">{counts.unread > 0 ? t('notifications.unread_count', { count: counts.unread }) : t('notifications.all_read')}</span>
            {counts.unread > 0 && <TextButton onClick={() => void notifications.markRead({ all: true })}>{t('notifications.mark_all')}</TextButton>}
          </div>
        )}
        {!notes && !failed && <SkeletonRows count={4} />}
        {!notes && failed && (
          <Empty text={t('error.no_answer')}>
            <Button onClick={() => setAttempt(attempt + 1)}>{t('notifications.try_again')}</Button>
          </Empty>
        )}
        {notes?.length === 0 && <Empty text={t('notifications.none')} />}
        {notes && <Groups notes={notes} />}
        {more && notes && notes.length > 0 && (
          <div className="older">
            <Button small onClick={() => void notifications.loadMore()}>
              {t('notifications.older')}
            </Button>
          </div>
        )}
      </div>
    </div>
  )
}

function Groups({ notes }: { notes: Notification[] }) {
  const now = useNow()
  const today = notes.filter((note) => daysBetween(note.created_at, now) <= 0)
  const earlier = notes.filter((note) => daysBetween(note.created_at, now) > 0)
  return (
    <>
      {today.length > 0 && <Group title={t('notifications.today')} notes={today} />}
      {earlier.length > 0 && <Group title={t('notifications.earlier')} notes={earlier} />}
    </>
  )
}

function Group({ title, notes }: { title: string; notes: Notification[] }) {
  return (
    <section aria-label={title}>
      <h2 className="label group">{title}</h2>
      <ul>
        {notes.map((note) => (
          <NotificationRow key={note.id} note={note} />
        ))}
      </ul>
    </section>
  )
}
