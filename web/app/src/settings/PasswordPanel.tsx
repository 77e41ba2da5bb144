import { MadangError } from '@madang/client'
import { useStore } from '@nanostores/react'
import { useState } from 'react'
import { useMadang } from '../app/context.ts'
import { Button, FieldError, PasswordField, toast } from '../components/index.ts'
import { t } from '../i18n/index.ts'
import { refusedField } from '../signin/refusedField.ts'
import { useForm } from '../signin/useForm.ts'
import { judgePassword, longestBytes, shortest } from '../signin/password.ts'
import { PasswordMeter } from '../signin/PasswordMeter.tsx'
import '../signin/signin.css'

/** A new password; every other device is signed out by it. */
export function PasswordPanel() {
  const madang = useMadang()
  const me = useStore(madang.me)
  const [next, setNext] = useState('')
  const { form, errors, busy, submit } = useForm(async (values, done) => {
    const verdict = judgePassword(values.new_password ?? '', me?.username)
    if (!values.current_password) return { current_password: t('signin.password.missing') }
    if (!verdict.acceptable) return { new_password: t(`signin.password.${verdict.state}`, { shortest, longest: longestBytes }) }
    try {
      await madang.changePassword(values.current_password, values.new_password ?? '')
    } catch (reason) {
      const refused = reason instanceof MadangError && (reason.field === 'current_password' || reason.code === 'unauthorized')
      return refused ? { current_password: t('settings.password.wrong') } : refusedField(reason)
    }
    done()
    setNext('')
    toast({ text: t('settings.password.changed') })
    return {}
  })
  return (
    <section>
      <h2>{t('settings.password.title')}</h2>
      <p className="small">{t('settings.password.text')}</p>
      <form ref={form} onSubmit={submit} className="card password-form" noValidate>
        <input type="text" name="username" autoComplete="username" defaultValue={me?.username} hidden readOnly />
        <PasswordField label={t('settings.password.current')} name="current_password" autoComplete="current-password" error={errors.current_password} />
        <PasswordField
          label={t('settings.password.next')}
          name="new_password"
          autoComplete="new-password"
          error={errors.new_password}
          hint={<PasswordMeter password={next} wordless={Boolean(errors.new_password)} {...(me ? { username: me.username } : {})} />}
          onChange={(event) => setNext(event.target.value)}
        />
        {errors.form && <FieldError>{errors.form}</FieldError>}
        <Button type="submit" busy={busy}>
          {t('settings.password.change')}
        </Button>
      </form>
    </section>
  )
}
