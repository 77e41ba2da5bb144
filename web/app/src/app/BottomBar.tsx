import { useStore } from '@nanostores/react'
import { Bell, MessageSquare, Settings, Users, type LucideIcon } from 'lucide-react'
import { lazy, Suspense, type ReactNode } from 'react'
import { Badge, Icon } from '../components/index.ts'
import { t } from '../i18n/index.ts'
import { useMadang } from './context.ts'
import { Link } from './Link.tsx'
import { useRoute } from './router.ts'
import { useFirstScreenStands } from './soon.tsx'
import { useCalls } from './title.ts'

const RequestsBadge = lazy(() => import('../contacts/RequestsBadge.tsx'))

/** The phone's way between its lists. */
export function BottomBar() {
  const route = useRoute()
  const { unread } = useStore(useMadang().notifications.counts)
  const calls = useCalls()
  const stands = useFirstScreenStands()
  return (
    <nav className="bottom-bar" aria-label={t('bottom.label')}>
      <Tab to="/c" icon={MessageSquare} here={route.page === 'conversations'} badge={<Badge count={calls} small />}>
        {t('sidebar.label')}
      </Tab>
      <Tab to="/contacts" icon={Users} here={route.page === 'contacts'} badge={<Suspense fallback={null}>{stands && <RequestsBadge />}</Suspense>}>
        {t('contacts.title')}
      </Tab>
      <Tab to="/notifications" icon={Bell} here={route.page === 'notifications'} badge={<Badge count={unread} small />}>
        {t('notifications.title')}
      </Tab>
      <Tab to="/settings" icon={Settings} here={route.page === 'settings'}>
        {t('settings.title')}
      </Tab>
    </nav>
  )
}

function Tab({ to, icon, here, badge, children }: { to: string; icon: LucideIcon; here: boolean; badge?: ReactNode; children: ReactNode }) {
  return (
    <Link to={to} replace aria-current={here ? 'page' : undefined}>
      <span className="ico">
        <Icon of={icon} />
        {badge}
      </span>
      {children}
    </Link>
  )
}
