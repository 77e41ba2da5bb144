import { MadangError } from '@madang/client'
import { useMadang } from '../app/context.ts'
import { Button, FieldError, PasswordField, TextField } from '../components/index.ts'
import { errorText } from '../i18n/errors.ts'
import { t } from '../i18n/index.ts'
import { useForm, type Errors } from './useForm.ts'

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

const isWrongHere = (reason: unknown) => reason instanceof MadangError && (reason.code === 'unauthorized' || reason.code === 'rate_limited')
