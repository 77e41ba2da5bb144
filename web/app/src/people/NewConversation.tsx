import type { Account } from '@madang/client'
import { useId, useRef, useState, type FormEvent } from 'react'
import { useMadang } from '../app/context.ts'
import { navigate } from '../app/router.ts'
import { conversationPath } from '../app/routes.ts'
import { Button, Dialog, FieldError, Segments, TextButton, TextField } from '../components/index.ts'
import { errorText } from '../i18n/errors.ts'
import { t } from '../i18n/index.ts'
import '../i18n/later.ts'
import { openWindow } from '../app/windows.ts'
import { PeopleField } from './PeopleField.tsx'
import { PicturePicker, type Picture } from './PicturePicker.tsx'
import { refusalText } from './refusal.ts'
import './people.css'

const longestName = 60
const longestTopic = 500

/** A new conversation: one person makes it direct, several make a group, which wants a name. */
export default function NewConversation({ onClose }: { onClose: () => void }) {
  const madang = useMadang()
  const [people, setPeople] = useState<Account[]>([])
  const [title, setTitle] = useState('')
  const [topic, setTopic] = useState('')
  const [picture, setPicture] = useState<Picture>()
  const [who, setWho] = useState<'private' | 'public'>('private')
  const [errors, setErrors] = useState<{ people?: string; title?: string; form?: string }>({})
  const [busy, setBusy] = useState(false)
  const peopleField = useRef<HTMLInputElement>(null)
  const titleField = useId()
  const open = who === 'public'
  const direct = people.length === 1 && title.trim() === '' && !open
  const create = async (event: FormEvent) => {
    event.preventDefault()
    if (busy || picture === 'coming') return
    const [first] = people
    if (!first && !open) {
      setErrors({ people: t('new.people.missing') })
      peopleField.current?.focus()
      return
    }
    if (!direct && title.trim() === '') {
      setErrors({ title: t('new.name.missing') })
      document.getElementById(titleField)?.focus()
      return
    }
    setBusy(true)
    try {
      const more = { ...(open && { open }), ...(topic.trim() && { description: topic.trim() }), ...(picture && { picture_file_id: picture }) }
      const made = direct && first ? await madang.openDirect(first.id) : await madang.createGroup(title.trim(), people.map((one) => one.id), more)
      onClose()
      navigate(conversationPath(made.id))
    } catch (reason) {
      setErrors({ form: direct && first ? refusalText(madang, first.display_name, reason) : errorText(reason) })
      setBusy(false)
    }
  }
  return (
    <Dialog title={t('people.new')} onClose={onClose} place="top">
      <form className="new-conversation" onSubmit={(event) => void create(event)} noValidate>
        <PeopleField
          label={t('new.people')}
          chosen={people}
          inputRef={peopleField}
          error={errors.people}
          onChange={(next) => {
            setPeople(next)
            setErrors({})
          }}
        />
        <TextField
          id={titleField}
          label={t('new.name')}
          value={title}
          maxLength={longestName}
          autoComplete="off"
          placeholder={people.length > 1 ? undefined : t('new.name.hint')}
          aside={title ? t('new.name.count', { count: [...title].length, limit: longestName }) : undefined}
          error={errors.title}
          onChange={(event) => {
            setTitle(event.target.value)
            setErrors({})
          }}
        />
        {(people.length !== 1 || title !== '' || open) && (
          <>
            <TextField label={t('new.topic')} value={topic} maxLength={longestTopic} autoComplete="off" placeholder={t('new.topic.hint')} onChange={(event) => setTopic(event.target.value)} />
            <PicturePicker id={0} name={title} url={undefined} onChange={setPicture} />
          </>
        )}
        <div className="field">
          <span className="field-label">{t('new.who')}</span>
          <Segments
            label={t('new.who')}
            value={who}
            options={[
              { value: 'private', label: t('new.private') },
              { value: 'public', label: t('new.public') },
            ]}
            onChange={(value) => {
              setWho(value)
              setErrors({})
            }}
          />
        </div>
        {errors.form && <FieldError>{errors.form}</FieldError>}
        <div className="buttons">
          <span className="small grow">{people.length === 0 && !open ? '' : direct ? t('new.direct', { name: people[0]?.display_name ?? '' }) : t('new.with_you', { count: people.length + 1 })}</span>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button kind="main" type="submit" busy={busy} disabled={picture === 'coming'}>
            {direct ? t('new.open') : t('new.create')}
          </Button>
        </div>
      </form>
      <p className="find-open">
        <TextButton onClick={() => openWindow('open')}>{t('open.find')}</TextButton>
      </p>
    </Dialog>
  )
}
