import type { Welcome } from '@madang/client'
import { useState } from 'react'
import { useMadang } from '../app/context.ts'
import { Button, FieldError, PasswordField, TextField } from '../components/index.ts'
import { learnGate } from '../i18n/gate.ts'
import { t } from '../i18n/index.ts'
import { judgePassword, longestBytes, shortest } from './password.ts'
import { PasswordMeter } from './PasswordMeter.tsx'
import { refusedField } from './refusedField.ts'
import { useForm, type Errors } from './useForm.ts'

learnGate()

/** A new account: name, username, password with its meter, and a code where the server wants one. */
export function CreateAccountForm({ welcome, invitation }: { welcome: Welcome | undefined; invitation?: string | undefined }) {
  const madang = useMadang()
  const [password, setPassword] = useState('')
  const [username, setUsername] = useState('')
  const wantsClaim = welcome?.needs_claim ?? false
  const wantsInvitation = !wantsClaim && welcome?.registration === 'invitation' && !welcome.first_account
  const { form, errors, busy, submit } = useForm(async (values) => {
    const wrong = wrongIn(values, { wantsClaim, wantsInvitation })
    if (Object.keys(wrong).length > 0) return wrong
    try {
      await madang.createAccount({
        username: values.username ?? '',
        password: values.password ?? '',
        ...(values.display_name ? { display_name: values.display_name } : {}),
        ...(values.invitation ? { invitation: values.invitation } : {}),
        ...(values.claim ? { claim: values.claim } : {}),
      })
    } catch (reason) {
      return refusedField(reason)
    }
    return {}
  })
  return (
    <form ref={form} onSubmit={submit} noValidate>
      {welcome?.first_account && <p className="small">{t('signin.first_account')}</p>}
      <TextField label={t('signin.name.label')} name="display_name" autoComplete="name" maxLength={60} error={errors.display_name} autoFocus />
      <TextField
        label={t('signin.username.label')}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        hint={t('signin.username.rule')}
        error={errors.username}
        onChange={(event) => setUsername(event.target.value)}
      />
      <PasswordField label={t('signin.password.label')} name="password" autoComplete="new-password" error={errors.password} onChange={(event) => setPassword(event.target.value)} hint={<PasswordMeter password={password} username={username} wordless={Boolean(errors.password)} />} />
      {wantsInvitation && <TextField label={t('signin.invitation.label')} name="invitation" defaultValue={invitation} autoComplete="off" autoCapitalize="none" spellCheck={false} hint={t('signin.invitation.hint')} error={errors.invitation} />}
      {wantsClaim && <TextField label={t('signin.claim.label')} name="claim" autoComplete="off" autoCapitalize="none" spellCheck={false} hint={t('signin.claim.hint')} error={errors.claim} />}
      {errors.form && <FieldError>{errors.form}</FieldError>}
      <Button kind="main" type="submit" busy={busy}>
        {t('signin.create')}
      </Button>
    </form>
  )
}

function wrongIn(values: Record<string, string>, wants: { wantsClaim: boolean; wantsInvitation: boolean }): Errors {
  const wrong: Errors = {}
  const username = (values.username ?? '').normalize('NFC').toLowerCase()
  if (!username) wrong.username = t('signin.username.missing')
  else if (!/^[\p{L}\p{M}\p{N}._-]{3,32}$/u.test(username)) wrong.username = t('signin.username.rule')
  const verdict = judgePassword(values.password ?? '', username)
  if (verdict.state === 'empty') wrong.password = t('signin.password.missing')
  else if (!verdict.acceptable) wrong.password = t(`signin.password.${verdict.state}`, { shortest, longest: longestBytes })
  if (wants.wantsInvitation && !values.invitation) wrong.invitation = t('signin.invitation.missing')
  if (wants.wantsClaim && !values.claim) wrong.claim = t('signin.claim.missing')
  return wrong
}
