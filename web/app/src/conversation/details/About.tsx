import type { ConversationView } from '@madang/client'
import { useStore } from '@nanostores/react'
import { Pencil } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useMadang } from '../../app/context.ts'
import { ConversationAvatar, IconButton } from '../../components/index.ts'
import { t } from '../../i18n/index.ts'
import '../../i18n/later.ts'
import { useAbout } from '../useAbout.ts'

const EditGroup = lazy(() => import('./EditGroup.tsx'))

/** Picture, name, topic; admins of a group change them. */
export function About({ conversation }: { conversation: ConversationView }) {
  const about = useAbout(conversation)
  const person = useStore(useMadang().accountOf(conversation.with?.id ?? 0))
  const [editing, setEditing] = useState(false)
  const mayEdit = conversation.kind !== 'direct' && conversation.role !== 'member' && conversation.dissolved_at === undefined
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
      {conversation.kind === 'open' && <span className="small">{t('details.open')}</span>}
      {conversation.description && <p className="topic">{conversation.description}</p>}
      <Suspense fallback={null}>{editing && <EditGroup conversation={conversation} onClose={() => setEditing(false)} />}</Suspense>
    </section>
  )
}
