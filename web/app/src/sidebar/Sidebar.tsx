import { useStore } from '@nanostores/react'
import { Bell, Plus, Search, Settings, Users } from 'lucide-react'
import { lazy, Suspense, useRef, useState } from 'react'
import { useMadang } from '../app/context.ts'
import { isFirstRunDone } from '../app/first-run.ts'
import { useLayout } from '../app/layout-size.ts'
import { navigate, useRoute } from '../app/router.ts'
import { openWindow } from '../app/windows.ts'
import { shortcutText } from '../app/shortcut-text.ts'
import { useFirstScreenStands } from '../app/soon.tsx'
import { useCalls } from '../app/title.ts'
import { Badge, Chips, Icon, IconButton, Mark, PersonAvatar, statusText } from '../components/index.ts'
import { t } from '../i18n/index.ts'
import { ConversationList } from './ConversationList.tsx'
import { filters, type Filter } from './filters.ts'
import './sidebar.css'

const Home = lazy(() => import('../app/Home.tsx'))
const MeMenu = lazy(() => import('./MeMenu.tsx'))
const SideGrip = lazy(() => import('./SideGrip.tsx').then((file) => ({ default: file.SideGrip })))

/** The list of conversations with its header, filters and oneself at the foot. */
export function Sidebar() {
  const [filter, setFilter] = useState<Filter>('all')
  const phone = useLayout() === 'phone'
  const stands = useFirstScreenStands()
  const me = useStore(useMadang().me)
  // On a phone there is no pane beside the list: the first steps stand in it.
  const firstSteps = phone && me && !isFirstRunDone(me.id) ? <Suspense fallback={null}><Home /></Suspense> : undefined
  const inside = (
    <>
      <Header phone={phone} />
      {!phone && (
        <div className="side-search">
          <button className="input" data-kind="search" type="button" onClick={() => openWindow('switcher')} aria-keyshortcuts="Control+K">
            <Icon of={Search} size={16} />
            <span className="grow cut faint">{t('sidebar.jump')}</span>
            <kbd className="key">{shortcutText('Ctrl K')}</kbd>
          </button>
        </div>
      )}
      <Chips label={t('sidebar.filter')} value={filter} onChange={setFilter} options={filters.map((value) => ({ value, label: t(`sidebar.filter.${value}`) }))} />
      <ConversationList filter={filter} onFindPeople={() => openWindow('people')} whenEmpty={firstSteps} />
      {!phone && <Me />}
      <Suspense fallback={null}>{!phone && stands && <SideGrip />}</Suspense>
    </>
  )
  if (!phone) {
    return (
      <nav className="side" aria-label={t('sidebar.label')}>
        {inside}
      </nav>
    )
  }
  // On a phone the list is the page.
  return (
    <main className="side">
      <nav className="side-inside" aria-label={t('sidebar.label')}>
        {inside}
      </nav>
    </main>
  )
}

function Header({ phone }: { phone: boolean }) {
  const madang = useMadang()
  const route = useRoute()
  const server = useStore(madang.server)
  const { unread } = useStore(madang.notifications.counts)
  const calls = useCalls()
  return (
    <header className="side-head">
      <Mark dot={calls > 0 || unread > 0} />
      {phone ? <h1 className="name cut">{server?.name ?? 'Madang'}</h1> : <span className="name cut">{server?.name ?? 'Madang'}</span>}
      {phone ? (
        <IconButton icon={Search} label={t('sidebar.jump')} onClick={() => openWindow('switcher')} />
      ) : (
        <IconButton
          icon={Bell}
          label={unread > 0 ? t('sidebar.bell.unread', { count: unread }) : t('notifications.title')}
          aria-current={route.page === 'notifications' ? 'page' : undefined}
          onClick={() => navigate('/notifications')}
          badge={<Badge count={unread} small />}
        />
      )}
      <IconButton icon={Plus} label={t('people.new')} onClick={() => openWindow('new')} />
    </header>
  )
}

function Me() {
  const madang = useMadang()
  const me = useStore(madang.me)
  const route = useRoute()
  return <div className="me">{me && <MeLine id={me.id} page={route.page} />}</div>
}

function MeLine({ id, page }: { id: number; page: string }) {
  const madang = useMadang()
  const me = useStore(madang.me)
  const presence = useStore(madang.presenceOf(id))
  const [menu, setMenu] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const connection = useStore(madang.connection)
  if (!me) return null
  const state = connection.state === 'online' || connection.state === 'catching-up' ? (presence?.state ?? 'online') : 'offline'
  const about = [t(`presence.${state}`), statusText(presence?.status)].filter(Boolean).join(' · ')
  return (
    <>
      <button ref={button} type="button" className="me-link" aria-haspopup="menu" aria-expanded={menu} onClick={() => setMenu(!menu)}>
        <span className="for-ears">{t('sidebar.me', { name: me.display_name, state: about })}</span>
        <PersonAvatar account={me} presence={state} />
        <span className="grow" aria-hidden="true">
          <bdi className="cut strong stacked">{me.display_name}</bdi>
          <span className="small cut">{about}</span>
        </span>
      </button>
      <Suspense fallback={null}>{menu && <MeMenu anchor={button} onClose={() => setMenu(false)} />}</Suspense>
      <IconButton icon={Users} label={t('contacts.title')} aria-current={page === 'contacts' ? 'page' : undefined} onClick={() => navigate('/contacts')} />
      <IconButton icon={Settings} label={t('settings.title')} aria-current={page === 'settings' ? 'page' : undefined} onClick={() => navigate('/settings')} />
    </>
  )
}
