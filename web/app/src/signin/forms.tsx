import { MadangError, type Welcome } from '@madang/client'
import { useRef, useState, type FormEvent, type RefObject } from 'react'
import { useMadang } from '../app/context.ts'
import { Button, FieldError, PasswordField, TextField } from '../components/index.ts'
import { errorText } from '../i18n/errors.ts'
import { t } from '../i18n/index.ts'
import { judgePassword, longestBytes, shortest } from './password.ts'
import { PasswordMeter } from './PasswordMeter.tsx'

type Errors = Partial<Record<string, string>>

/** Name and password. `username` is given where somebody is asked to sign in again. */
export function SignInForm({ username }: { username?: string }) {
  const madang = useMadang()
  const { form, errors, busy, submit } = useForm(async (values) => {
    const wrong: Errors = {}
    if (!values.username) wrong.username = t('signin.username.missing')
    if (!values.password) wrong.password = t('signin.password.missing')
    if (Object.keys(wrong).length > 0) return wrong
    try {
      await madang.signIn({ username: values.username ?? '', password: values.password ?? '' })
    } catch (reason) {
      const told = reason instanceof MadangError && reason.code === 'unauthorized' ? t('signin.wrong') : errorText(reason)
      return isWrongHere(reason) ? { password: told } : { form: told }
    }
    return {}
  })
  return (
    <form ref={form} onSubmit={submit} noValidate>
      <TextField label={t('signin.username.label')} name="username" defaultValue={username} autoComplete="username" autoCapitalize="none" autoCorrect="off" spellCheck={false} error={errors.username} autoFocus={!username} />
      <PasswordField label={t('signin.password.label')} name="password" autoComplete="current-password" error={errors.password} autoFocus={Boolean(username)} data-first-focus={username ? '' : undefined} />
      {errors.form && <FieldError>{errors.form}</FieldError>}
      <Button kind="main" type="submit" busy={busy}>
        {t('signin.submit')}
      </Button>
    </form>
  )
}

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

/** Reads a form when it is sent, shows what is wrong, and focuses the first wrong field. */
export function useForm(send: (values: Record<string, string>, empty: () => void) => Promise<Errors>) {
  const form: RefObject<HTMLFormElement | null> = useRef(null)
  const [errors, setErrors] = useState<Errors>({})
  const [busy, setBusy] = useState(false)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (busy || !form.current) return
    const values: Record<string, string> = {}
    new FormData(form.current).forEach((value, name) => {
      if (typeof value === 'string') values[name] = /password/.test(name) ? value : value.trim()
    })
    setBusy(true)
    void send(values, () => form.current?.reset()).then((wrong) => {
      setErrors(wrong)
      setBusy(false)
      const first = [...(form.current?.elements ?? [])].find((field) => field instanceof HTMLInputElement && wrong[field.name])
      if (first instanceof HTMLElement) first.focus()
    })
  }
  return { form, errors, busy, submit }
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

/** A refusal at the field that it is about. */
export function refusedField(reason: unknown): Errors {
  if (!(reason instanceof MadangError) || !reason.field) return { form: errorText(reason) }
  switch (reason.field) {
    case 'username':
      return { username: /taken|exists|use/i.test(reason.message) ? t('signin.username.taken') : t('signin.username.rule') }
    case 'password':
    case 'new_password':
      return { [reason.field]: /first that|username/i.test(reason.message) ? t('signin.password.common') : t('signin.password.rule', { shortest, longest: longestBytes }) }
    case 'invitation':
      return { invitation: t('signin.invitation.wrong') }
    case 'claim':
      return { claim: t('signin.claim.wrong') }
    default:
      return { [reason.field]: reason.message, form: reason.message }
  }
}

const isWrongHere = (reason: unknown) => reason instanceof MadangError && (reason.code === 'unauthorized' || reason.code === 'rate_limited')
