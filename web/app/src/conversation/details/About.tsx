import type { ConversationView } from '@madang/client'
import { useStore } from '@nanostores/react'
import { Pencil } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { useMadang } from '../../app/context.ts'
import { Button, ConversationAvatar, Dialog, FieldError, IconButton, TextField } from '../../components/index.ts'
import { errorText } from '../../i18n/errors.ts'
import { t } from '../../i18n/index.ts'
import { useAbout } from '../useAbout.ts'

const LONGEST_TITLE = 60
const LONGEST_TOPIC = 200

/** Picture, name, topic; admins of a group change them. */
export function About({ conversation }: { conversation: ConversationView }) {
  const about = useAbout(conversation)
  const person = useStore(useMadang().accountOf(conversation.with?.id ?? 0))
  const [editing, setEditing] = useState(false)
  const mayEdit = conversation.kind !== 'direct' && conversation.role !== 'member'
  const partner = conversation.with && (person ?? conversation.with)
  return (
    <section className="about">
      <ConversationAvatar conversation={conversation} size={72} />
      <span className="title">
        <bdi>{partner?.display_name ?? conversation.title}</bdi>
        {mayEdit && <IconButton icon={Pencil} iconSize={16} label={t('details.edit')} onClick={() => setEditing(true)} />}
      </span>
      {partner && <span className="small">@{partner.username}</span>}
      <span className="small">{about}</span>
      {conversation.description && <p className="topic">{conversation.description}</p>}
      {editing && <EditDialog conversation={conversation} onClose={() => setEditing(false)} />}
    </section>
  )
}

function EditDialog({ conversation, onClose }: { conversation: ConversationView; onClose: () => void }) {
  const madang = useMadang()
  const [title, setTitle] = useState(conversation.title)
  const [topic, setTopic] = useState(conversation.description ?? '')
  const [error, setError] = useState<string>()
  const [busy, setBusy] = useState(false)
  const save = async (event: FormEvent) => {
    event.preventDefault()
    if (busy) return
    if (title.trim() === '') return setError(t('details.name_missing'))
    const changes = { ...(title.trim() !== conversation.title && { title: title.trim() }), ...(topic.trim() !== (conversation.description ?? '') && { description: topic.trim() }) }
    if (Object.keys(changes).length === 0) return onClose()
    setBusy(true)
    try {
      await madang.changeConversation(conversation.id, changes)
      onClose()
    } catch (reason) {
      setError(errorText(reason))
      setBusy(false)
    }
  }
  return (
    <Dialog title={t('details.edit')} onClose={onClose}>
      <form className="stack" noValidate onSubmit={(event) => void save(event)}>
        <TextField label={t('details.name')} value={title} maxLength={LONGEST_TITLE} autoFocus autoComplete="off" onChange={(event) => setTitle(event.target.value)} />
        <TextField label={t('details.topic')} value={topic} maxLength={LONGEST_TOPIC} autoComplete="off" placeholder={t('details.topic_hint')} onChange={(event) => setTopic(event.target.value)} />
        {error && <FieldError>{error}</FieldError>}
        <div className="buttons">
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" busy={busy}>
            {t('dialog.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
