import type { ConversationView } from '@madang/client'
import { useStore } from '@nanostores/react'
import { atom } from 'nanostores'
import { useEffect } from 'react'
import { t } from '../i18n/index.ts'
import { callsOf, isMuted } from '../sidebar/row-state.ts'
import { useNow } from './clock.ts'
import { useMadang } from './context.ts'
import { useRoute } from './router.ts'

const $nowhere = atom(undefined)

/** How many messages call for this person: mentions, and what is said to them alone. */
export function countCalls(conversations: readonly ConversationView[], now: number): number {
  return conversations.reduce((sum, one) => sum + callsOf(one, now), 0)
}

export function useCalls(): number {
  return countCalls(useStore(useMadang().conversations), useNow())
}

/** Keeps the tab's title `(3) Design room · Madang`, its icon and the app's badge in agreement with the list. */
export function useTitle(): void {
  const madang = useMadang()
  const conversations = useStore(madang.conversations)
  const now = useNow()
  const calls = countCalls(conversations, now)
  const plain = conversations.some((one) => one.unread > 0 && !isMuted(one, now))
  const place = usePlace()
  useEffect(() => {
    document.title = `${calls > 0 ? `(${calls}) ` : ''}${place ? `${place} · ` : ''}Madang`
  }, [calls, place])
  useEffect(() => {
    show(calls > 0 ? 'dot' : plain ? 'hollow' : 'plain', calls)
  }, [calls, plain])
  // Whoever signs out leaves nothing of theirs at the tab.
  useEffect(() => () => show('plain', 0), [])
}

function usePlace(): string {
  const madang = useMadang()
  const route = useRoute()
  const conversation = useStore(route.page === 'conversation' ? madang.conversationOf(route.id) : $nowhere)
  if (route.page === 'conversation') return conversation?.with?.display_name ?? conversation?.title ?? ''
  return route.page === 'notifications' || route.page === 'settings' || route.page === 'search' ? t(`${route.page}.title`) : ''
}

/** The tab's icon, and at an installed app how many call. */
function show(state: 'dot' | 'hollow' | 'plain', calls: number): void {
  const file = { dot: '/favicon-dot.svg', hollow: '/favicon-hollow.svg', plain: '/favicon.svg' }[state]
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
  if (link && link.getAttribute('href') !== file) link.href = file
  const here = navigator as { setAppBadge?: (count: number) => Promise<void>; clearAppBadge?: () => Promise<void> }
  const done = calls > 0 ? here.setAppBadge?.(calls) : here.clearAppBadge?.()
  // Only an installed app has a badge; elsewhere the browser refuses.
  done?.catch(() => undefined)
}
