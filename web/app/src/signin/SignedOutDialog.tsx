import { useEffect } from 'react'
import { announceUrgently } from '../app/announcer.tsx'
import { navigate } from '../app/router.ts'
import { Button, Dialog } from '../components/index.ts'
import { learnGate } from '../i18n/gate.ts'
import { t } from '../i18n/index.ts'
import { SignInForm } from './SignInForm.tsx'
import './signin.css'

learnGate()

/** The session ended while somebody was here: asks for the password over the page, whose typed text stays. */
export function SignedOutDialog({ username, onLeave }: { username: string; onLeave: () => void }) {
  useEffect(() => announceUrgently(t('signin.again')), [])
  return (
    <Dialog title={t('signin.again')} onClose={onLeave} firm width={400}>
      <div className="again">
        <p className="quiet">{t('signin.kept')}</p>
        <SignInForm username={username} />
        <Button
          kind="quiet"
          onClick={() => {
            onLeave()
            navigate('/sign-in', { replace: true })
          }}
        >
          {t('signin.other_account')}
        </Button>
      </div>
    </Dialog>
  )
}
