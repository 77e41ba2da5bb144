import type { Notification } from '@madang/client'
import { useStore } from '@nanostores/react'
import { Archive, AtSign, Bell, Check, MessageSquare, Reply, Server, Smile, UserCheck, UserPlus, Users, type LucideIcon } from 'lucide-react'
import { atom } from 'nanostores'
import { lazy, Suspense } from 'react'
import { useMadang } from '../app/context.ts'
import { Link } from '../app/Link.tsx'
import { conversationPath } from '../app/routes.ts'
import { AccountAvatar, ConversationAvatar, Icon, IconButton, NewDot } from '../components/index.ts'
import { exactTime, listTime, machineTime } from '../i18n/format.ts'
import { t } from '../i18n/index.ts'
import '../i18n/later.ts'
import { noteSentence } from './sentence.ts'

const NoteAnswer = lazy(() => import('../contacts/NoteAnswer.tsx'))

const $nobody = atom(undefined)

const kinds: Partial<Record<string, { icon: LucideIcon; calls: boolean }>> = {
  mention: { icon: AtSign, calls: true },
  reply: { icon: Reply, calls: true },
  message: { icon: MessageSquare, calls: true },
  reaction: { icon: Smile, calls: false },
  invitation: { icon: Users, calls: false },
  contact_request: { icon: UserPlus, calls: true },
  contact_accepted: { icon: UserCheck, calls: false },
  system: { icon: Server, calls: false },
}

/** One line of the inbox: a link to its place, with Mark read and Archive beside it. */
export function NotificationRow({ note }: { note: Notification }) {
  const madang = useMadang()
  const { notifications } = madang
  const actor = useStore(note.actor_id === undefined ? $nobody : madang.accountOf(note.actor_id))
  const conversation = useStore(note.conversation_id === undefined ? $nobody : madang.conversationOf(note.conversation_id))
  const unread = note.read_at === undefined
  const place = conversation ? (conversation.with ? undefined : conversation.title) : text(note.data.conversation_title)
  const kind = kinds[note.type] ?? { icon: Bell, calls: false }
  const name = actor?.display_name ?? text(note.data.actor_name) ?? '…'
  return (
    <li className="note" data-unread={unread ? '' : undefined} data-one-line={note.body ? undefined : ''}>
      <span className="note-dot">{unread && <NewDot />}</span>
      <span className="pic">
        {conversation && !conversation.with && note.type !== 'invitation' ? (
          <ConversationAvatar conversation={conversation} size={40} />
        ) : actor ? (
          <AccountAvatar account={actor} size={40} />
        ) : (
          <span className="avatar plain" data-kind="group" style={{ '--size': '40px' } as React.CSSProperties} aria-hidden="true">
            <Icon of={kind.icon} />
          </span>
        )}
        <span className="kind" data-kind={kind.calls && unread ? 'call' : 'plain'}>
          <Icon of={kind.icon} size={12} />
        </span>
      </span>
      <span className="grow">
        <Link className="note-link" to={placeOf(note)} onClick={() => void notifications.markRead({ group: note.group })}>
          <span className="what">
            {unread && <span className="for-ears">{t('notifications.unread')} </span>}
            {noteSentence(note, { name, place })}
          </span>
          {note.body && (
            <span className="said cut-two" dir="auto">
              {t('notifications.quoted', { text: note.body })}
            </span>
          )}
        </Link>
        {note.type === 'contact_request' && note.actor_id !== undefined && (
          <Suspense fallback={<span className="note-answer" />}>
            <NoteAnswer accountId={note.actor_id} />
          </Suspense>
        )}
      </span>
      <time className="meta" dateTime={machineTime(note.created_at)} title={exactTime(note.created_at)}>
        {listTime(note.created_at)}
      </time>
      <span className="acts">
        {unread && <IconButton icon={Check} label={t('notifications.mark_read')} onClick={() => void notifications.markRead({ ids: [note.id] })} />}
        <IconButton icon={Archive} label={t('notifications.archive')} onClick={() => void notifications.archive({ ids: [note.id] })} />
      </span>
    </li>
  )
}

/** The message that it is about, else its conversation, else its own page inside the app. */
function placeOf(note: Notification): string {
  if (note.conversation_id !== undefined) return conversationPath(note.conversation_id, note.message_seq ? { seq: note.message_seq } : {})
  return note.url.startsWith('/') && !note.url.startsWith('//') ? note.url : '/notifications'
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
