import type { Account } from '@madang/client'
import { useId, useRef, useState, type FormEvent } from 'react'
import { useMadang } from '../app/context.ts'
import { navigate } from '../app/router.ts'
import { conversationPath } from '../app/routes.ts'
import { Button, Dialog, FieldError, TextField } from '../components/index.ts'
import { errorText } from '../i18n/errors.ts'
import { t } from '../i18n/index.ts'
import '../i18n/later.ts'
import { PeopleField } from './PeopleField.tsx'
import './people.css'

const longestName = 60

/** A new conversation: one person makes it direct, several make a group, which wants a name. */
export default function NewConversation({ onClose }: { onClose: () => void }) {
  const madang = useMadang()
  const [people, setPeople] = useState<Account[]>([])
  const [title, setTitle] = useState('')
  const [errors, setErrors] = useState<{ people?: string; title?: string; form?: string }>({})
  const [busy, setBusy] = useState(false)
  const peopleField = useRef<HTMLInputElement>(null)
  const titleField = useId()
  const direct = people.length === 1 && title.trim() === ''
  const create = async (event: FormEvent) => {
    event.preventDefault()
    if (busy) return
    const [first] = people
    if (!first) {
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
      const made = direct ? await madang.openDirect(first.id) : await madang.createGroup(title.trim(), people.map((one) => one.id))
      onClose()
      navigate(conversationPath(made.id))
    } catch (reason) {
      setErrors({ form: errorText(reason) })
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
        {errors.form && <FieldError>{errors.form}</FieldError>}
        <div className="buttons">
          <span className="small grow">{people.length === 0 ? '' : direct ? t('new.direct', { name: people[0]?.display_name ?? '' }) : t('new.with_you', { count: people.length + 1 })}</span>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button kind="main" type="submit" busy={busy}>
            {direct ? t('new.open') : t('new.create')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
