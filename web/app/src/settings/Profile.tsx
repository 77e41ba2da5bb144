import { MadangError, type Upload } from '@madang/client'
import { useStore } from '@nanostores/react'
import { atom } from 'nanostores'
import { useEffect, useRef, useState } from 'react'
import { useNow } from '../app/clock.ts'
import { useMadang } from '../app/context.ts'
import { signOut } from '../app/sign-out.ts'
import { openWindow } from '../app/windows.ts'
import { AccountAvatar, Button, FieldError, statusText, TextField, toast } from '../components/index.ts'
import { errorText } from '../i18n/errors.ts'
import { percent } from '../i18n/format.ts'
import { t } from '../i18n/index.ts'
import { refusedField } from '../signin/refusedField.ts'
import { useForm } from '../signin/useForm.ts'
import { PasswordPanel } from './PasswordPanel.tsx'

const $idle = atom(undefined)

/** Name, picture, password, and the way out. */
export function Profile() {
  const madang = useMadang()
  const me = useStore(madang.me)
  if (!me) return null
  return (
    <>
      <section>
        <h2>{t('settings.profile.title')}</h2>
        <p className="small">{t('settings.profile.text')}</p>
        <div className="card profile-card">
          <Picture />
          <StatusOption />
          <NameForm key={me.display_name} name={me.display_name} username={me.username} />
        </div>
      </section>
      <PasswordPanel />
      <section>
        <h2>{t('settings.profile.sign_out')}</h2>
        <p className="small">{t('settings.profile.sign_out_text')}</p>
        <Button onClick={() => void signOut(madang)}>{t('settings.profile.sign_out')}</Button>
      </section>
    </>
  )
}

function StatusOption() {
  const me = useStore(useMadang().me)
  const now = useNow()
  const isOver = me?.status?.until !== undefined && me.status.until <= now
  const text = statusText(isOver ? undefined : me?.status)
  return (
    <div className="status-option">
      <span className="grow">
        <span className="field-label">{t('status.title')}</span>
        <span className={text ? 'cut stacked' : 'small'}>{text || t('status.none')}</span>
      </span>
      <Button small onClick={() => openWindow('status')}>
        {text ? t('status.change') : t('status.set')}
      </Button>
    </div>
  )
}

function NameForm({ name, username }: { name: string; username: string }) {
  const madang = useMadang()
  const [value, setValue] = useState(name)
  const { form, errors, busy, submit } = useForm(async (values) => {
    if (!values.display_name) return { display_name: t('settings.profile.name_missing') }
    try {
      await madang.changeMe({ display_name: values.display_name })
      toast({ text: t('settings.profile.saved') })
      return {}
    } catch (reason) {
      return refusedField(reason)
    }
  })
  return (
    <form ref={form} onSubmit={submit} className="profile-form" noValidate>
      <TextField label={t('signin.name.label')} name="display_name" value={value} maxLength={60} autoComplete="name" error={errors.display_name} onChange={(event) => setValue(event.target.value)} />
      <TextField label={t('signin.username.label')} value={username} disabled hint={t('settings.profile.username_hint')} />
      {errors.form && <FieldError>{errors.form}</FieldError>}
      <Button type="submit" busy={busy} disabled={value.trim() === name}>
        {t('dialog.save')}
      </Button>
    </form>
  )
}

function Picture() {
  const madang = useMadang()
  const me = useStore(madang.me)
  const input = useRef<HTMLInputElement>(null)
  const [upload, setUpload] = useState<Upload>()
  const [error, setError] = useState<string>()
  const progress = useStore(upload?.progress ?? $idle)
  const storedId = progress?.state === 'done' ? progress.stored?.id : undefined

  useEffect(() => {
    if (storedId === undefined) return
    madang.changeMe({ picture_file_id: storedId }).then(
      () => toast({ text: t('settings.profile.saved') }),
      (reason: unknown) => setError(reason instanceof MadangError && reason.code === 'invalid' ? t('settings.profile.not_a_picture') : errorText(reason)),
    )
  }, [madang, storedId])

  if (!me) return null
  const choose = (file: File | undefined) => {
    if (!file) return
    if (!file.type.startsWith('image/')) return setError(t('settings.profile.not_a_picture'))
    setError(undefined)
    setUpload(madang.upload(file))
  }
  const uploading = progress?.state === 'uploading'
  const wrong = progress?.state === 'failed' ? errorText(progress.error) : error
  return (
    <div className="picture-line">
      <AccountAvatar account={me} size={72} />
      <div className="grow">
        <div className="picture-buttons">
          <Button small busy={uploading} onClick={() => input.current?.click()}>
            {uploading ? t('settings.profile.uploading', { part: percent(progress.part) }) : t('settings.profile.change_picture')}
          </Button>
          {me.picture_url && (
            <Button small kind="quiet" onClick={() => void madang.changeMe({ picture_file_id: 0 }).catch((reason: unknown) => setError(errorText(reason)))}>
              {t('settings.profile.remove_picture')}
            </Button>
          )}
        </div>
        {wrong ? <FieldError>{wrong}</FieldError> : <span className="small">{t('settings.profile.picture_hint')}</span>}
      </div>
      <input ref={input} type="file" accept="image/*" hidden aria-label={t('settings.profile.picture')} onChange={(event) => choose(event.target.files?.[0])} />
    </div>
  )
}
