import { MadangError, type ConversationView, type GroupChanges } from '@madang/client'
import { useState, type FormEvent } from 'react'
import { useMadang } from '../../app/context.ts'
import { Button, Dialog, FieldError, TextField } from '../../components/index.ts'
import { errorText } from '../../i18n/errors.ts'
import { t } from '../../i18n/index.ts'
import '../../i18n/later.ts'
import { PicturePicker, type Picture } from '../../people/PicturePicker.tsx'

const LONGEST_TITLE = 60
const LONGEST_TOPIC = 500

/** Picture, name and topic of a group. */
export default function EditGroup({ conversation, onClose }: { conversation: ConversationView; onClose: () => void }) {
  const madang = useMadang()
  const [title, setTitle] = useState(conversation.title)
  const [topic, setTopic] = useState(conversation.description ?? '')
  const [picture, setPicture] = useState<Picture>()
  const [error, setError] = useState<string>()
  const [busy, setBusy] = useState(false)
  const save = async (event: FormEvent) => {
    event.preventDefault()
    if (busy || picture === 'coming') return
    if (title.trim() === '') return setError(t('details.name_missing'))
    const changes: GroupChanges = {
      ...(title.trim() !== conversation.title && { title: title.trim() }),
      ...(topic.trim() !== (conversation.description ?? '') && { description: topic.trim() }),
      ...(picture !== undefined && { picture_file_id: picture }),
    }
    if (Object.keys(changes).length === 0) return onClose()
    setBusy(true)
    try {
      await madang.changeConversation(conversation.id, changes)
      onClose()
    } catch (reason) {
      setError(reason instanceof MadangError && reason.field === 'picture_file_id' ? t('details.picture_wrong') : errorText(reason))
      setBusy(false)
    }
  }
  return (
    <Dialog title={t('details.edit')} onClose={onClose}>
      <form className="stack" noValidate onSubmit={(event) => void save(event)}>
        <PicturePicker id={conversation.id} name={title} url={conversation.picture_url || undefined} onChange={setPicture} />
        <TextField label={t('details.name')} value={title} maxLength={LONGEST_TITLE} autoFocus autoComplete="off" onChange={(event) => setTitle(event.target.value)} />
        <TextField label={t('details.topic')} value={topic} maxLength={LONGEST_TOPIC} autoComplete="off" placeholder={t('details.topic_hint')} onChange={(event) => setTopic(event.target.value)} />
        {error && <FieldError>{error}</FieldError>}
        <div className="buttons">
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" busy={busy} disabled={picture === 'coming'}>
            {t('dialog.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
