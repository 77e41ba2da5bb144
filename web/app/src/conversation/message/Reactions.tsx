import type { Message, Reaction } from '@madang/client'
import { useStore } from '@nanostores/react'
import { SmilePlus } from 'lucide-react'
import { useState } from 'react'
import { useMadang } from '../../app/context.ts'
import { Icon } from '../../components/index.ts'
import { countText, listText } from '../../i18n/format.ts'
import { t } from '../../i18n/index.ts'
import { useMessageContext } from './context.ts'

const SHOWN = 8
const NAMED = 12

/** Pills under a message: an emoji and how many chose it; pressed when one of them is oneself. */
export function Reactions({ message }: { message: Message }) {
  const { me, mayReact, pending, actions } = useMessageContext()
  const [all, setAll] = useState(false)
  const every = withPending(message, pending, me)
  const reactions = all ? every : every.slice(0, SHOWN)
  const more = every.length - reactions.length
  return (
    <div className="reactions">
      {reactions.map((reaction) => (
        <Pill key={reaction.emoji} message={message} reaction={reaction} />
      ))}
      {more > 0 && (
        <button type="button" className="reaction" onClick={() => setAll(true)}>
          +{countText(more)}
        </button>
      )}
      {mayReact && (
        <button type="button" className="reaction add" aria-label={t('reaction.add')} title={t('reaction.add')} onClick={(event) => actions.pickReaction(message, event.currentTarget)}>
          <Icon of={SmilePlus} size={16} />
        </button>
      )}
    </div>
  )
}

/** The reactions as they will be once what is on its way has arrived. */
export function withPending(message: Message, pending: ReadonlyMap<string, boolean>, me: number): Reaction[] {
  if (pending.size === 0) return message.reactions
  const shown = message.reactions.map((reaction) => {
    const on = pending.get(`${message.seq} ${reaction.emoji}`)
    return on === undefined || on === reaction.mine ? reaction : { ...reaction, mine: on, count: Math.max(1, reaction.count + (on ? 1 : -1)) }
  })
  for (const [name, on] of pending) {
    const [seq, emoji = ''] = name.split(' ')
    if (on && Number(seq) === message.seq && !shown.some((one) => one.emoji === emoji)) shown.push({ emoji, count: 1, mine: true, account_ids: [me] })
  }
  return shown
}

function Pill({ message, reaction }: { message: Message; reaction: Reaction }) {
  const { me, mayReact, pending, actions } = useMessageContext()
  const ids = reaction.account_ids.slice(0, NAMED)
  const accounts = useStore(useMadang().accounts, { keys: ids })
  const names = ids.map((id) => (id === me ? t('message.you') : (accounts[id]?.display_name ?? '…')))
  const others = reaction.count - names.length
  const who = listText(others > 0 ? [...names, t('reaction.others', { count: others })] : names)
  return (
    <button
      type="button"
      className="reaction"
      aria-pressed={reaction.mine}
      data-state={pending.has(`${message.seq} ${reaction.emoji}`) ? 'pending' : undefined}
      aria-label={t(reaction.mine ? 'reaction.label_mine' : 'reaction.label', { emoji: reaction.emoji, count: reaction.count })}
      title={t('reaction.by', { names: who, emoji: reaction.emoji })}
      aria-disabled={!mayReact || undefined}
      onClick={() => mayReact && actions.react(message, reaction.emoji)}
    >
      <span className="sign">{reaction.emoji}</span> <span>{countText(reaction.count)}</span>
    </button>
  )
}
