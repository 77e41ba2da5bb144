import type { Account, ContactBook } from '@madang/client'
import { useState, type FormEvent } from 'react'
import { Button, Dialog, FieldError, TextField } from '../components/index.ts'
import { errorText } from '../i18n/errors.ts'
import { t } from '../i18n/index.ts'

const LONGEST_NOTE = 200

/** A request to somebody, with a word of one's own if one likes. */
export function AskDialog({ account, book, onClose }: { account: Account; book: ContactBook; onClose: () => void }) {
  const [note, setNote] = useState('')
  const [error, setError] = useState<string>()
  const [busy, setBusy] = useState(false)
  const ask = async (event: FormEvent) => {
    event.preventDefault()
    if (busy) return
    setBusy(true)
    try {
      await book.request(account.id, note.trim())
      onClose()
    } catch (reason) {
      setError(errorText(reason))
      setBusy(false)
    }
  }
  return (
    <Dialog title={t('contacts.ask_title', { name: account.display_name })} onClose={onClose}>
      <form className="stack" noValidate onSubmit={(event) => void ask(event)}>
        <TextField
          label={t('contacts.note_label')}
          value={note}
          maxLength={LONGEST_NOTE}
          autoFocus
          autoComplete="off"
          placeholder={t('contacts.note_hint')}
          onChange={(event) => {
            setNote(event.target.value)
            setError(undefined)
          }}
        />
        {error && <FieldError>{error}</FieldError>}
        <div className="buttons">
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" busy={busy}>
            {t('contacts.ask')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
