import type { Message } from '@madang/client'
import { useStore } from '@nanostores/react'
import { Copy, Flag, Forward, Link as LinkIcon, MapPin, PanelBottomClose, Pencil, Pin, PinOff, Reply, SmilePlus, Trash2 } from 'lucide-react'
import { useRef } from 'react'
import { useMadang } from '../app/context.ts'
import { Icon, MenuList, Popover, Sheet, type MenuItem } from '../components/index.ts'
import { clockTime } from '../i18n/format.ts'
import { t } from '../i18n/index.ts'
import '../i18n/later.ts'
import { QUICK } from './emoji/recent.ts'
import { mayEdit } from './logic/rights.ts'
import type { MessageActions } from './message/context.ts'

export interface MessageMenuProps {
  message: Message
  rowKey: string
  at: HTMLElement
  me: number
  mayDelete: boolean
  mayTrace: boolean
  /** Whether one writes in this conversation; who does answers and pins. */
  mayAnswer: boolean
  mayReact: boolean
  /** Pressed by a finger: a sheet at the foot instead of a menu at the message. */
  touch: boolean
  actions: MessageActions
  onClose: () => void
}

/** What can be done with one message. */
export default function MessageMenu({ message, rowKey, at, me, mayDelete, mayTrace, mayAnswer, mayReact, touch, actions, onClose }: MessageMenuProps) {
  const anchor = useRef<HTMLElement | null>(at)
  const own = message.sender_id === me
  const items: MenuItem[] = [
    ...(mayAnswer ? [{ key: 'reply', label: t('message.reply'), icon: Reply, keys: 'R', onSelect: () => actions.reply(message) }] : []),
    ...(mayAnswer && mayEdit(message, me) ? [{ key: 'edit', label: t('message.edit'), icon: Pencil, keys: 'E', onSelect: () => actions.edit(message) }] : []),
    ...(message.text ? [{ key: 'copy', label: t('message.copy'), icon: Copy, keys: 'C', onSelect: () => actions.copyText(message) }] : []),
    { key: 'link', label: t('message.copy_link'), icon: LinkIcon, onSelect: () => actions.copyLink(message) },
    { key: 'forward', label: t('forward.action'), icon: Forward, onSelect: () => actions.openDialog('forward', message, rowKey) },
    ...(mayAnswer ? [{ key: 'pin', label: t(message.pinned_at === undefined ? 'pins.pin' : 'pins.unpin'), icon: message.pinned_at === undefined ? Pin : PinOff, onSelect: () => actions.pin(message) }] : []),
    ...(own && message.previews?.length ? [{ key: 'preview', label: t('preview.remove'), icon: PanelBottomClose, onSelect: () => actions.removePreviews(message) }] : []),
    ...(mayTrace ? [{ key: 'trace', label: t(own ? 'trace.title' : 'trace.title_any'), icon: MapPin, onSelect: () => actions.openDialog('trace', message, rowKey) }] : []),
    ...(own ? [] : [{ key: 'report', label: t('report.action'), icon: Flag, onSelect: () => actions.openDialog('report', message, rowKey) }]),
    ...(mayDelete ? (['rule', { key: 'delete', label: t('message.delete'), icon: Trash2, keys: 'Del', kind: 'danger', onSelect: () => actions.askDelete(message, rowKey) }] satisfies MenuItem[]) : []),
  ]
  if (!touch) {
    return (
      <Popover anchor={anchor} onClose={onClose} align="start">
        <MenuList label={t('message.actions')} items={items} onClose={onClose} />
      </Popover>
    )
  }
  return (
    <Sheet title={t('message.actions')} onClose={onClose}>
      <HeldLine message={message} />
      {mayReact && <Quick message={message} at={at} actions={actions} onClose={onClose} />}
      <MenuList label={t('message.actions')} items={items.filter((item) => item !== 'rule')} onClose={onClose} />
    </Sheet>
  )
}

function HeldLine({ message }: { message: Message }) {
  const author = useStore(useMadang().accountOf(message.sender_id))
  return (
    <div className="held-line">
      <span className="cut">{message.text.trim() || t('message.label.files', { count: message.attachments.length })}</span>
      <span className="meta">
        <bdi>{author?.display_name}</bdi> · {clockTime(message.sent_at)}
      </span>
    </div>
  )
}

function Quick({ message, at, actions, onClose }: { message: Message; at: HTMLElement; actions: MessageActions; onClose: () => void }) {
  return (
    <div className="quick">
      {QUICK.map((emoji) => (
        <button
          key={emoji}
          type="button"
          aria-pressed={message.reactions.some((one) => one.emoji === emoji && one.mine)}
          onClick={() => {
            onClose()
            actions.react(message, emoji)
          }}
        >
          {emoji}
        </button>
      ))}
      <button
        type="button"
        aria-label={t('reaction.add')}
        onClick={() => {
          onClose()
          actions.pickReaction(message, at)
        }}
      >
        <Icon of={SmilePlus} />
      </button>
    </div>
  )
}
