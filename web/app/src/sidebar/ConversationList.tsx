import type { ConversationView } from '@madang/client'
import { useStore } from '@nanostores/react'
import { lazy, Suspense, useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { useNow } from '../app/clock.ts'
import { useMadang } from '../app/context.ts'
import { useRoute } from '../app/router.ts'
import { SkeletonRows, TextButton } from '../components/index.ts'
import { t } from '../i18n/index.ts'
import { ConversationRow } from './ConversationRow.tsx'
import type { RowMenuAt } from './RowMenu.tsx'
import { useRowDrop } from './use-row-drop.ts'
import { keepOrder, shown, type Filter } from './filters.ts'

const RowMenu = lazy(() => import('./RowMenu.tsx').then((file) => ({ default: file.RowMenu })))

/** The list: pinned first, then by last activity; arrows move in it, Tab leaves it. */
export function ConversationList({ filter, onFindPeople, whenEmpty }: { filter: Filter; onFindPeople: () => void; whenEmpty?: ReactNode }) {
  const madang = useMadang()
  const conversations = useStore(madang.conversations)
  const known = useStore(madang.server) !== undefined
  const route = useRoute()
  const openId = route.page === 'conversation' ? route.id : undefined
  const now = useNow()
  const [order, hold] = useHeldOrder(conversations)
  const visible = useMemo(() => shown(keepOrder(conversations, order), filter, openId), [conversations, order, filter, openId])
  const pinned = visible.filter((one) => one.preferences.pinned)
  const others = visible.filter((one) => !one.preferences.pinned)
  const [rover, setRover] = useState<number>()
  const [menu, setMenu] = useState<RowMenuAt>()
  const drop = useRowDrop()
  const tabbable = [rover, openId, visible[0]?.id].find((id) => visible.some((one) => one.id === id))

  if (visible.length === 0) {
    if (!known) return <SkeletonRows count={6} />
    return whenEmpty && filter === 'all' ? whenEmpty : <NothingHere filter={filter} onFindPeople={onFindPeople} />
  }
  const rows = (list: ConversationView[], label: string) => (
    <ul className="rows" aria-label={label}>
      {list.map((conversation) => (
        <li key={conversation.id} data-drop={conversation.id === drop.over ? '' : undefined}>
          <ConversationRow conversation={conversation} selected={conversation.id === openId} tabbable={conversation.id === tabbable} now={now} />
        </li>
      ))}
    </ul>
  )
  return (
    <div
      className="list-scroll"
      {...drop.handlers}
      onKeyDown={moveAmongRows}
      onContextMenu={(event) => {
        const row = (event.target as HTMLElement).closest<HTMLElement>('a.row')
        if (!row) return
        event.preventDefault()
        setMenu({ id: Number(row.dataset.id), row, x: event.clientX, y: event.clientY })
      }}
      onFocus={(event) => {
        const id = Number((event.target as HTMLElement).dataset.id)
        if (id) setRover(id)
        hold(true)
      }}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) hold(false)
      }}
      onPointerEnter={() => hold(true)}
      onPointerLeave={(event) => hold(event.currentTarget.contains(document.activeElement))}
    >
      {pinned.length > 0 && (
        <>
          <h2 className="label list-label">{t('sidebar.pinned')}</h2>
          {rows(pinned, t('sidebar.pinned'))}
        </>
      )}
      {others.length > 0 && (
        <>
          <h2 className="label list-label">{t('sidebar.conversations')}</h2>
          {rows(others, t('sidebar.conversations'))}
        </>
      )}
      {menu && (
        <Suspense fallback={null}>
          <RowMenu key={menu.id} at={menu} onClose={() => setMenu(undefined)} />
        </Suspense>
      )}
    </div>
  )
}

function NothingHere({ filter, onFindPeople }: { filter: Filter; onFindPeople: () => void }) {
  return (
    <div className="none">
      <p className="small">{t(`sidebar.none.${filter}`)}</p>
      {filter !== 'unread' && <TextButton onClick={onFindPeople}>{t('people.find')}</TextButton>}
    </div>
  )
}

function moveAmongRows(event: KeyboardEvent<HTMLElement>): void {
  if (event.nativeEvent.isComposing || event.altKey || event.ctrlKey || event.metaKey) return
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('a.row')]
  const at = rows.indexOf(document.activeElement as HTMLElement)
  const page = 8
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1, PageDown: at + page, PageUp: at - page }[event.key]
  if (to === undefined || at < 0) return
  event.preventDefault()
  rows[Math.min(Math.max(to, 0), rows.length - 1)]?.focus()
}

/** The order to keep while pointer or focus is inside the list, and the way to say so. */
function useHeldOrder(conversations: readonly ConversationView[]): [number[] | undefined, (held: boolean) => void] {
  const [order, setOrder] = useState<number[]>()
  const current = useRef(conversations)
  useEffect(() => {
    current.current = conversations
  }, [conversations])
  return [order, (held) => setOrder((before) => (held ? (before ?? current.current.map((one) => one.id)) : undefined))]
}
