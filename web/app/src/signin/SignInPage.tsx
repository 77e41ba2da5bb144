import type { Welcome } from '@madang/client'
import { lazy, Suspense, useEffect, useState } from 'react'
import { useMadang } from '../app/context.ts'
import { navigate, useRoute } from '../app/router.ts'
import { coming, firstScreenStands, soon, useFirstScreenStands } from '../app/soon.tsx'
import { Banner, Mark, Segments } from '../components/index.ts'
import { learnGate } from '../i18n/gate.ts'
import { t } from '../i18n/index.ts'
import { CircleAlert } from 'lucide-react'
import { SignInForm } from './SignInForm.tsx'
import './signin.css'

learnGate()

/** Most people have an account. Whoever comes to make one gets the form together with the page: App.tsx waits for it. */
export const createAccountForm = coming(() => import('./CreateAccountForm.tsx').then((file) => file.CreateAccountForm))
const CreateAccountForm = soon(createAccountForm)
const LanguageMenu = soon(coming(() => import('./LanguageMenu.tsx').then((file) => file.LanguageMenu)))
const InvitationCard = lazy(() => import('../join/Invitation.tsx'))

/** The card in the yard: sign in, or create an account. */
export function SignInPage({ reason }: { reason?: 'ended' | 'expired' | undefined }) {
  const madang = useMadang()
  const route = useRoute()
  const [welcome, setWelcome] = useState<Welcome>()
  const stands = useFirstScreenStands()
  useEffect(() => firstScreenStands(), [])
  useEffect(() => {
    let here = true
    madang.welcome().then(
      (told) => here && setWelcome(told),
      // The form says so when it is sent; a page without a server has nothing to add.
      () => undefined,
    )
    return () => {
      here = false
    }
  }, [madang])
  // Whoever comes by a link into a group stays at its address, and joins once they are signed in.
  const code = route.page === 'join' ? route.code : undefined
  const [tab, setTab] = useState<'sign-in' | 'create'>('sign-in')
  const asksForAccount = route.page === 'create-account' || (code !== undefined && tab === 'create') || (welcome?.first_account === true && route.page !== 'sign-in')
  const mayCreate = !welcome || welcome.registration !== 'closed' || welcome.first_account
  const creating = asksForAccount && mayCreate
  const invitation = route.page === 'create-account' ? route.invitation : undefined
  const title = creating ? t('signin.tab.create') : t('signin.tab.sign_in')
  useEffect(() => {
    document.title = `${title} · Madang`
  }, [title])
  return (
    <div className="welcome">
      <svg className="yard" viewBox="0 0 32 32" aria-hidden="true">
        <path d="M12.2 30H9.5A7.5 7.5 0 0 1 2 22.5v-13A7.5 7.5 0 0 1 9.5 2h13A7.5 7.5 0 0 1 30 9.5v13a7.5 7.5 0 0 1-7.5 7.5h-2.7" />
      </svg>
      <main className="sign-in">
        <div className="brand">
          <Mark size={48} />
          <h1>Madang</h1>
          <p className="small">{welcome && welcome.name !== 'Madang' ? t('signin.meets_here', { name: welcome.name }) : t('signin.line')}</p>
        </div>
        {code !== undefined && (
          <Suspense fallback={null}>
            <InvitationCard code={code} />
          </Suspense>
        )}
        {reason && (
          <Banner kind="warn" icon={CircleAlert}>
            {t('signin.again')}
          </Banner>
        )}
        {mayCreate && (
          <Segments
            label={t('signin.tabs')}
            value={creating ? 'create' : 'sign-in'}
            options={[
              { value: 'sign-in', label: t('signin.tab.sign_in') },
              { value: 'create', label: t('signin.tab.create') },
            ]}
            onChange={(chosen) => (code === undefined ? navigate(chosen === 'create' ? '/create-account' : '/sign-in', { replace: true }) : setTab(chosen))}
          />
        )}
        {creating ? <CreateAccountForm welcome={welcome} invitation={invitation} /> : <SignInForm />}
        {!creating && <p className="small foot">{t('signin.forgot')}</p>}
      </main>
      <div className="language">
        {stands && <LanguageMenu />}
      </div>
    </div>
  )
}
