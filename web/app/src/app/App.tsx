import type { Madang } from '@madang/client'
import { useStore } from '@nanostores/react'
import { lazy, Suspense, useEffect, useState } from 'react'
import { Mark, Toasts, useLate } from '../components/index.ts'
import { $language, t } from '../i18n/index.ts'
import { Announcer } from './announcer.tsx'
import { MadangContext } from './context.ts'
import { $route, navigate, useRoute } from './router.ts'
import { Shell } from './Shell.tsx'

const SignInPage = lazy(async () => {
  const file = await import('../signin/SignInPage.tsx')
  if ($route.get().page === 'create-account') await file.createAccountForm.come()
  return { default: file.SignInPage }
})
const SignedOutDialog = lazy(() => import('../signin/SignedOutDialog.tsx').then((file) => ({ default: file.SignedOutDialog })))

/** The whole app: the yard's gate for strangers, the panes for whoever is signed in. */
export function App({ madang }: { madang: Madang }) {
  // Sentences are plain calls: a change of language draws everything again.
  const language = useStore($language)
  return (
    <MadangContext value={madang}>
      <Gate madang={madang} key={language} />
      <Toasts />
      <Announcer />
    </MadangContext>
  )
}

function Gate({ madang }: { madang: Madang }) {
  const session = useStore(madang.session)
  const route = useRoute()
  const [insideAs, setInsideAs] = useState<string>()
  const atGate = route.page === 'sign-in' || route.page === 'create-account'
  const username = session.state === 'signed-in' ? session.account.username : undefined
  const thrownOut = session.state === 'signed-out' && session.reason !== undefined && insideAs !== undefined

  if (username !== undefined && username !== insideAs) setInsideAs(username)
  useEffect(() => {
    if (username !== undefined && atGate) navigate('/c', { replace: true })
  }, [username, atGate])

  if (session.state === 'unknown') return <Splash />
  if (session.state === 'signed-in' || thrownOut) {
    return (
      <>
        <Shell />
        {thrownOut && (
          <Suspense fallback={null}>
            <SignedOutDialog username={insideAs} onLeave={() => setInsideAs(undefined)} />
          </Suspense>
        )}
      </>
    )
  }
  return (
    <Suspense fallback={<Splash />}>
      <SignInPage reason={session.reason} />
    </Suspense>
  )
}

function Splash() {
  const late = useLate(300)
  const veryLate = useLate(3000)
  return (
    <main className="splash" aria-busy="true">
      {late && <Mark size={96} dot={false} stroke={2} />}
      {veryLate && <p>{t('connection.connecting')}</p>}
    </main>
  )
}
