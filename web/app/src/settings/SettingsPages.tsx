import { Bell, ChevronRight, EyeOff, Globe, Info, LogOut, Monitor, Sun, User, type LucideIcon } from 'lucide-react'
import { useEffect, type ReactNode } from 'react'
import { useMadang } from '../app/context.ts'
import { signOut } from '../app/sign-out.ts'
import { Link } from '../app/Link.tsx'
import { navigate } from '../app/router.ts'
import { settingsPages, type SettingsPage } from '../app/routes.ts'
import { Icon, PageTitle, PaneHead } from '../components/index.ts'
import { learnGate } from '../i18n/gate.ts'
import { t } from '../i18n/index.ts'
import '../i18n/later.ts'
import { About } from './About.tsx'
import { Appearance } from './Appearance.tsx'
import { Devices } from './Devices.tsx'
import { LanguagePage } from './LanguagePage.tsx'
import { NoticeSettings } from './NoticeSettings.tsx'
import { Privacy } from './Privacy.tsx'
import { Profile } from './Profile.tsx'
import './settings.css'

learnGate()

const icons: Record<SettingsPage, LucideIcon> = { profile: User, devices: Monitor, notifications: Bell, privacy: EyeOff, appearance: Sun, language: Globe, about: Info }

/** Settings: the list of pages beside the chosen one, or one after the other on a phone. */
export default function SettingsPages({ section, phone }: { section: SettingsPage | undefined; phone: boolean }) {
  useEffect(() => {
    if (!section && !phone) navigate('/settings/profile', { replace: true })
  }, [section, phone])
  if (phone) return section ? <PhonePage section={section} /> : <PhoneList />
  const here = section ?? 'profile'
  return (
    <div className="pane-scroll">
      <div className="settings">
        <nav aria-label={t('settings.nav')}>
          <PageTitle>{t('settings.title')}</PageTitle>
          <ul>
            {settingsPages.map((page) => (
              <li key={page}>
                <Link className="setnav" to={`/settings/${page}`} replace aria-current={page === here ? 'page' : undefined}>
                  <Icon of={icons[page]} />
                  {t(`settings.${page}.title`)}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <div className="set-page" key={here}>
          {pageOf(here)}
        </div>
      </div>
    </div>
  )
}

function PhoneList() {
  const madang = useMadang()
  return (
    <>
      <PaneHead>
        <PageTitle>{t('settings.title')}</PageTitle>
      </PaneHead>
      <div className="pane-scroll phone-settings">
        <ul>
          {settingsPages.map((page) => (
            <li key={page}>
              <Link className="setnav" to={`/settings/${page}`}>
                <Icon of={icons[page]} />
                <span className="grow">{t(`settings.${page}.title`)}</span>
                <Icon of={ChevronRight} />
              </Link>
            </li>
          ))}
        </ul>
        <button className="setnav" type="button" onClick={() => void signOut(madang)}>
          <Icon of={LogOut} />
          {t('settings.profile.sign_out')}
        </button>
      </div>
    </>
  )
}

function PhonePage({ section }: { section: SettingsPage }) {
  return (
    <>
      <PaneHead backTo="/settings">
        <PageTitle>{t(`settings.${section}.title`)}</PageTitle>
      </PaneHead>
      <div className="pane-scroll">
        <div className="set-page">{pageOf(section)}</div>
      </div>
    </>
  )
}

function pageOf(page: SettingsPage): ReactNode {
  switch (page) {
    case 'profile':
      return <Profile />
    case 'devices':
      return <Devices />
    case 'notifications':
      return <NoticeSettings />
    case 'privacy':
      return <Privacy />
    case 'appearance':
      return <Appearance />
    case 'language':
      return <LanguagePage />
    case 'about':
      return <About />
  }
}
