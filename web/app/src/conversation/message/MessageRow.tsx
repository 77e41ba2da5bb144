import type { Account, Item, Message } from '@madang/client'
import { useStore } from '@nanostores/react'
import { Forward, Trash2 } from 'lucide-react'
import { lazy, memo, Suspense, useId, useState } from 'react'
import { useMadang } from '../../app/context.ts'
import { AccountAvatar, Icon } from '../../components/index.ts'
import { exactTime } from '../../i18n/format.ts'
import { rich, t } from '../../i18n/index.ts'
import { languageOf } from '../../i18n/names.ts'
import { isBigEmoji } from '../logic/bigEmoji.ts'
import { isPicture } from '../logic/pictureBox.ts'
import type { Row } from '../logic/runs.ts'
import { Toolbar } from '../soon.ts'
import { Attachments } from './Attachments.tsx'
import { useMessageContext } from './context.ts'
import { messageLabel } from './label.ts'
import { MessageText } from './MessageText.tsx'
import { NotSent } from './NotSent.tsx'
import { Quote } from './Quote.tsx'
import { Reactions } from './Reactions.tsx'
import { Stamp } from './Stamp.tsx'
import { useLongPress } from './useLongPress.ts'
import './message.css'

// Most servers make no cards.
const PreviewCard = lazy(() => import('../preview/PreviewCard.tsx'))

type MessageItem = Extract<Item, { kind: 'message' }>

export interface MessageRowProps {
  row: Row
  item: MessageItem
  flash: boolean
  /** Its menu is open. */
  held: boolean
  /** Who has read it, where that is shown. */
  seen?: readonly Account[] | undefined
}

/** One message: bubble, what hangs on it, and how far it has come. */
export const MessageRow = memo(function MessageRow({ row, item, flash, held, seen }: MessageRowProps) {
  const { direct, me, pending, actions } = useMessageContext()
  const { message } = item
  const [near, setNear] = useState(false)
  const author = useStore(useMadang().accountOf(message.sender_id))
  const removed = message.deleted_at !== undefined
  const mentions = !row.own && message.mentions.some((who) => who === me || who === 'all')
  const press = useLongPress((at) => actions.openMenu(row.key, at))
  const touchable = !removed && item.state === 'sent'
  return (
    <div
      className="message"
      data-own={row.own ? '' : undefined}
      data-direct={direct ? '' : undefined}
      data-first={row.first ? '' : undefined}
      data-state={removed ? 'removed' : flash ? 'flash' : item.state}
      data-mention={mentions && !removed ? '' : undefined}
      onPointerEnter={(event) => event.pointerType === 'mouse' && setNear(true)}
      onPointerLeave={() => setNear(false)}
      onFocus={() => setNear(true)}
      onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && setNear(false)}
      {...(touchable ? press : {})}
    >
      <span className="face">{row.first && author && <AccountAvatar account={author} size={36} />}</span>
      <div className="body">
        {row.first && <bdi className="who">{author?.display_name ?? '…'}</bdi>}
        <div className="said-line">
          <Said item={item} removed={removed} />
          <Stamp row={row} item={item} seenDirectly={direct && seen !== undefined && seen.length > 0} />
          {(near || held) && touchable && <Toolbar message={message} rowKey={row.key} held={held} />}
        </div>
        {!removed && (message.reactions.length > 0 || isReactedTo(message, pending)) && <Reactions message={message} />}
        {item.state === 'failed' && <NotSent message={message} error={item.error} />}
        {!direct && seen && seen.length > 0 && <SeenBy people={seen} />}
      </div>
    </div>
  )
})

/** The spoken name of a message's article. */
export function useMessageLabel(row: Row, item: MessageItem): string {
  const { me } = useMessageContext()
  const madang = useMadang()
  const author = useStore(madang.accountOf(item.message.sender_id))
  const quoted = useStore(madang.accountOf(item.message.reply_to?.sender_id ?? item.message.sender_id))
  const origin = useStore(madang.accountOf(item.message.forward_of?.sender_id ?? item.message.sender_id))
  return messageLabel(row, item, { me, author: author?.display_name ?? '…', quoted: quoted?.display_name ?? '…', origin: origin?.display_name ?? '…' })
}

/** Whether a first reaction is on its way. */
const isReactedTo = (message: Message, pending: ReadonlyMap<string, boolean>): boolean =>
  pending.size > 0 && Array.from(pending.keys()).some((name) => name.startsWith(`${message.seq} `))

function Said({ item, removed }: { item: MessageItem; removed: boolean }) {
  const { message } = item
  if (removed) {
    return (
      <div className="bubble">
        <Icon of={Trash2} size={16} />
        {t('message.deleted')}
      </div>
    )
  }
  const text = message.text.trim() !== ''
  const uploads = item.state === 'sent' ? [] : (item.uploads ?? [])
  const files = message.attachments.length + uploads.length > 0
  const plain = !message.reply_to && !message.forward_of
  if (text && !files && plain && isBigEmoji(message.text)) return <span className="big-emoji">{message.text}</span>
  if (!text && plain && files) {
    return (
      <div className="alone">
        <Attachments message={message} uploads={uploads} />
      </div>
    )
  }
  return (
    <div className="bubble" data-files={files ? (message.attachments.every(isPicture) ? 'pictures' : 'files') : undefined} data-quote={message.reply_to ? '' : undefined}>
      {message.forward_of && <ForwardedFrom origin={message.forward_of} />}
      {message.reply_to && <Quote quote={message.reply_to} />}
      {text && (
        <div className="text" lang={languageOf(message.text)} dir="auto">
          <MessageText message={message} />
          <Edited message={message} />
        </div>
      )}
      {files && <Attachments message={message} uploads={uploads} />}
      {message.previews?.map((preview) => (
        <Suspense key={preview.url} fallback={<span className="preview-room" />}>
          <PreviewCard preview={preview} />
        </Suspense>
      ))}
    </div>
  )
}

/** Who wrote first what was said again here, and when. */
function ForwardedFrom({ origin }: { origin: NonNullable<Message['forward_of']> }) {
  const { me } = useMessageContext()
  const author = useStore(useMadang().accountOf(origin.sender_id))
  const name = origin.sender_id === me ? t('message.you') : (author?.display_name ?? '…')
  return (
    <p className="origin" title={exactTime(origin.sent_at)}>
      <Icon of={Forward} size={14} />
      <span className="cut">{rich('message.forwarded', { name }, { name: (text) => <bdi>{text}</bdi> })}</span>
    </p>
  )
}

function Edited({ message }: { message: Message }) {
  if (message.edited_at === undefined) return null
  return (
    <span className="edited" title={exactTime(message.edited_at)}>
      {t('message.edited')}
    </span>
  )
}

const FACES = 3

/** Up to three faces, and how many more. */
function SeenBy({ people }: { people: readonly Account[] }) {
  const id = useId()
  const names = people.map((person) => person.display_name).join(', ')
  return (
    <div className="seen" title={t('message.seen_by', { names, count: people.length })} aria-labelledby={id}>
      <span className="for-ears" id={id}>
        {t('message.seen_by', { names, count: people.length })}
      </span>
      <span className="faces">
        {people.slice(0, FACES).map((person) => (
          <AccountAvatar key={person.id} account={{ ...person, display_name: Array.from(person.display_name)[0] ?? '?' }} size={16} />
        ))}
      </span>
      {people.length > FACES && <span aria-hidden="true">+{people.length - FACES}</span>}
    </div>
  )
}

