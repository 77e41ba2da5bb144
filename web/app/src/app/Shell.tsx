import { useStore } from '@nanostores/react'
import { lazy, Suspense, useEffect, useRef, type CSSProperties, type ReactNode } from 'react'
import { ConversationPane } from '../conversation/ConversationPane.tsx'
import { SkeletonRows } from '../components/index.ts'
import { t } from '../i18n/index.ts'
import { Sidebar } from '../sidebar/Sidebar.tsx'
import { keepDropsHere } from '../sidebar/use-row-drop.ts'
import { BottomBar } from './BottomBar.tsx'
import { useMadang } from './context.ts'
import { shareDrafts } from './drafts.ts'
import { useLayout, watchLayout } from './layout-size.ts'
import { $preferences } from './preferences.ts'
import { back, navigate, useRoute } from './router.ts'
import { conversationPath, type Route } from './routes.ts'
import { firstScreen, firstScreenStands } from './soon.tsx'
import { tellAttention } from './attention.ts'
import { useTitle } from './title.ts'
import { $window } from './windows.ts'
import './shell.css'

// What is not needed to read and write comes later.
const Windows = lazy(() => import('./Windows.tsx').then((file) => ({ default: file.Windows })))
const DetailsPane = lazy(() => import('../conversation/details/DetailsPane.tsx').then((file) => ({ default: file.DetailsPane })))
const ConnectionBanner = lazy(() => import('./ConnectionBanner.tsx').then((file) => ({ default: file.ConnectionBanner })))
const Home = lazy(() => import('./Home.tsx'))
const ContactsPage = lazy(() => import('../contacts/ContactsPage.tsx'))
const JoinPage = lazy(() => import('../join/JoinPage.tsx'))
const NotificationsPage = lazy(() => import('../notifications/NotificationsPage.tsx'))
const SearchPage = lazy(() => import('../search/SearchPage.tsx'))
const SettingsPages = lazy(() => import('../settings/SettingsPages.tsx'))

/** The panes: list, page, details; three, two or one of them by the width of the app's own container. */
export function Shell() {
  const madang = useMadang()
  const container = useRef<HTMLDivElement>(null)
  const route = useRoute()
  const layout = useLayout()
  const preferences = useStore($preferences)
  const opened = useStore($window)
  useTitle()
  useEffect(() => (container.current ? watchLayout(container.current) : undefined), [])
  useEffect(() => later(() => import('./shortcuts.ts').then(({ listenToKeys }) => listenToKeys(madang))), [madang])
  useEffect(() => later(() => firstScreen.then(() => import('./notices.ts')).then(({ startNotices }) => startNotices(madang))), [madang])
  useEffect(() => tellAttention(madang), [madang])
  useEffect(shareDrafts, [])
  useEffect(keepDropsHere, [])
  useEffect(() => {
    if (route.page === 'unknown') navigate('/c', { replace: true })
  }, [route])

  const conversationId = route.page === 'conversation' ? route.id : undefined
  const showsDetails = route.page === 'conversation' && (route.details || (layout === 'desktop' && preferences.details))
  const level = levelOf(route)
  const side = { '--side-width': `${preferences.sideWidth}px` } as CSSProperties
  return (
    <div className="madang" ref={container}>
      <div className="app" data-level={level} data-details={showsDetails ? '' : undefined} style={side}>
        <button className="skip" type="button" onClick={() => document.querySelector<HTMLElement>('.pane textarea, .pane h1')?.focus()}>
          {t('shell.skip')}
        </button>
        <Sidebar />
        <main className="pane" inert={showsDetails && layout !== 'desktop'}>
          <Suspense fallback={<SkeletonRows count={5} />}>
            {pageOf(route, layout === 'phone')}
            {route.page !== 'conversation' && route.page !== 'conversations' && <Stands />}
          </Suspense>
          <Suspense fallback={null}>
            <ConnectionBanner />
          </Suspense>
        </main>
        {showsDetails && conversationId !== undefined && (
          <DetailsFrame over={layout !== 'desktop'} onClose={() => back(conversationPath(conversationId))}>
            <Suspense fallback={null}>
              <DetailsPane key={conversationId} conversationId={conversationId} />
            </Suspense>
          </DetailsFrame>
        )}
        {layout === 'phone' && isListLevel(route) && <BottomBar />}
      </div>
      <Suspense fallback={null}>{opened && <Windows />}</Suspense>
    </div>
  )
}

/** Beside a page that is fetched: once it has come, the first screen stands. */
function Stands() {
  useEffect(() => firstScreenStands(), [])
  return null
}

function DetailsFrame({ over, onClose, children }: { over: boolean; onClose: () => void; children: ReactNode }) {
  const frame = useRef<HTMLElement>(null)
  // What lies over the page takes the focus, and gives it back.
  useEffect(() => {
    if (!over) return
    const opener = document.activeElement
    frame.current?.focus({ preventScroll: true })
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true })
    }
  }, [over])
  return (
    <>
      {over && <div className="details-veil" onClick={onClose} />}
      <aside className="details" aria-label={t('shell.details')} ref={frame} tabIndex={-1} data-over={over ? '' : undefined}>
        {children}
      </aside>
    </>
  )
}

function pageOf(route: Route, phone: boolean): ReactNode {
  switch (route.page) {
    case 'conversation':
      return <ConversationPane key={route.id} conversationId={route.id} {...(route.aroundSeq ? { aroundSeq: route.aroundSeq } : {})} />
    case 'contacts':
      return <ContactsPage />
    case 'notifications':
      return <NotificationsPage />
    case 'search':
      return <SearchPage />
    case 'join':
      return <JoinPage key={route.code} code={route.code} />
    case 'settings':
      return <SettingsPages section={route.section} phone={phone} />
    default:
      return <Home />
  }
}

/** On a phone: whether the list or the page fills the screen. */
const levelOf = (route: Route): 'list' | 'page' => (['conversations', 'unknown', 'sign-in', 'create-account'].includes(route.page) ? 'list' : 'page')

/** The bottom bar stands only where one chooses, not inside a conversation or a settings page. */
const isListLevel = (route: Route): boolean => levelOf(route) === 'list' || route.page === 'contacts' || route.page === 'notifications' || (route.page === 'settings' && !route.section)

/** Starts something that is loaded first; stops it, whether it has come by then or not. */
function later(start: () => Promise<() => void>): () => void {
  let stopped = false
  let stop: (() => void) | undefined
  start().then(
    (running) => {
      if (stopped) running()
      else stop = running
    },
    // Without the network nothing is missed: there is nothing to tell of either.
    () => undefined,
  )
  return () => {
    stopped = true
    stop?.()
  }
}
