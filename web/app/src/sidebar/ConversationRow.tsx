import type { ConversationView } from '@madang/client'
import { useStore } from '@nanostores/react'
import { BellOff, CircleAlert } from 'lucide-react'
import { atom } from 'nanostores'
import { memo } from 'react'
import { useMadang } from '../app/context.ts'
import { $drafts, draftKey } from '../app/drafts.ts'
import { Link } from '../app/Link.tsx'
import { conversationPath } from '../app/routes.ts'
import { Badge, ConversationAvatar, HollowDot, Icon, StatusMark, statusText, TypingDots } from '../components/index.ts'
import { listTime, machineTime } from '../i18n/format.ts'
import { t } from '../i18n/index.ts'
import { rowLabel, rowState, type RowState } from './row-state.ts'

const $nobody = atom(undefined)

export interface ConversationRowProps {
  conversation: ConversationView
  selected: boolean
  tabbable: boolean
  /** The time by the minute: mutes end, and at midnight "Today" becomes another day. */
  now: number
}

/** One conversation in the list. */
export const ConversationRow = memo(function ConversationRow({ conversation, selected, tabbable, now }: ConversationRowProps) {
  const madang = useMadang()
  const me = useStore(madang.me)
  const typingIds = useStore(madang.typingIn(conversation.id))
  const accounts = useStore(madang.accounts, { keys: typingIds })
  const last = conversation.last_message
  const showsSender = last !== undefined && conversation.kind !== 'direct' && last.sender_id !== me?.id
  const sender = useStore(showsSender ? madang.accountOf(last.sender_id) : $nobody)
  const presence = useStore(conversation.with ? madang.presenceOf(conversation.with.id) : $nobody)
  const key = draftKey(me?.id ?? 0, conversation.id)
  const drafts = useStore($drafts, { keys: [key] })
  const name = conversation.with?.display_name ?? conversation.title
  const state = rowState({
    conversation,
    meId: me?.id ?? 0,
    typing: typingIds.map((id) => accounts[id]?.display_name ?? '…'),
    draft: selected ? undefined : drafts[key]?.text,
    lastSender: sender?.display_name,
    now,
  })
  const at = last?.sent_at ?? conversation.last_active_at
  return (
    <Link
      className="row"
      to={conversationPath(conversation.id)}
      data-id={conversation.id}
      data-unread={state.unread ? '' : undefined}
      data-muted={state.muted ? '' : undefined}
      aria-current={selected ? 'page' : undefined}
      tabIndex={tabbable ? 0 : -1}
      draggable={false}
    >
      <span className="for-ears">{rowLabel(name, state, conversation, presence && [t(`presence.${presence.state}`), statusText(presence.status)].filter(Boolean).join(', '))}</span>
      <ConversationAvatar conversation={conversation} />
      <span className="body" aria-hidden="true">
        <span className="line">
          <bdi className="name cut">{name}</bdi>
          <StatusMark presence={presence} />
          {state.muted && (
            <span className="faint">
              <Icon of={BellOff} size={14} />
            </span>
          )}
          <time className="meta" dateTime={machineTime(at)}>
            {listTime(at, Math.max(now, at))}
          </time>
        </span>
        <span className="line">
          <Preview state={state} />
          <Slot state={state} />
        </span>
      </span>
    </Link>
  )
})

function Preview({ state: { preview } }: { state: RowState }) {
  if (preview.kind === 'typing') {
    return (
      <>
        <TypingDots />
        <span className="preview cut">{preview.text}</span>
      </>
    )
  }
  return (
    <span className="preview cut" dir="auto">
      {preview.kind === 'failed' && (
        <span className="failed">
          <Icon of={CircleAlert} size={14} />
          {t('row.not_sent')}
        </span>
      )}
      {preview.kind === 'draft' && <span className="said">{t('row.draft')}</span>}
      {preview.text}
    </span>
  )
}

function Slot({ state: { slot } }: { state: RowState }) {
  if (!slot) return null
  if (slot.kind === 'dot') return <HollowDot />
  return <Badge count={slot.count} at={slot.kind === 'mentions'} kind={slot.kind === 'plain' ? 'plain' : 'call'} />
}
