import type { ConversationView } from '@madang/client'
import { useState, type FormEvent } from 'react'
import { useMadang } from '../../app/context.ts'
import { Button, Dialog, FieldError, TextField } from '../../components/index.ts'
import { errorText } from '../../i18n/errors.ts'
import { t } from '../../i18n/index.ts'
import '../../i18n/later.ts'

/** Ends a group, once its name has been typed. */
export default function DissolveGroup({ conversation, onClose }: { conversation: ConversationView; onClose: () => void }) {
  const madang = useMadang()
  const { title } = conversation
  const [typed, setTyped] = useState('')
  const [wrong, setWrong] = useState<string>()
  const [busy, setBusy] = useState(false)
  const dissolve = async (event: FormEvent) => {
    event.preventDefault()
    if (busy) return
    if (typed.trim().normalize('NFC') !== title) return setWrong(t('details.dissolve_wrong'))
    setBusy(true)
    try {
      await madang.dissolve(conversation.id)
      onClose()
    } catch (reason) {
      setWrong(errorText(reason))
      setBusy(false)
    }
  }
  return (
    <Dialog title={t('details.dissolve_ask', { title })} onClose={onClose}>
      <form className="stack" noValidate onSubmit={(event) => void dissolve(event)}>
        <p className="quiet">{t('details.dissolve_text')}</p>
        <TextField
          label={t('details.dissolve_type', { title })}
          value={typed}
          autoComplete="off"
          onChange={(event) => {
            setTyped(event.target.value)
            setWrong(undefined)
          }}
        />
        {wrong && <FieldError>{wrong}</FieldError>}
        <div className="buttons">
          <Button onClick={onClose} data-first-focus="">
            {t('dialog.cancel')}
          </Button>
          <Button kind="danger" type="submit" busy={busy}>
            {t('details.dissolve')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
