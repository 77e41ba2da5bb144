import type { Message } from '@madang/client'
import { Ellipsis, Reply, SmilePlus } from 'lucide-react'
import { useLayoutEffect, useRef, useState } from 'react'
import { IconButton } from '../../components/index.ts'
import { t } from '../../i18n/index.ts'
import { useMessageContext } from './context.ts'

/** React, Reply, More: at the bubble's foot after the time, so that it covers no text; above the bubble where there is no room. */
export function Toolbar({ message, rowKey, held }: { message: Message; rowKey: string; held: boolean }) {
  const { actions, mayAnswer, mayReact } = useMessageContext()
  const element = useRef<HTMLDivElement>(null)
  const [above, setAbove] = useState(false)
  useLayoutEffect(() => {
    const bar = element.current
    const column = bar?.closest('.timeline')
    if (!bar || !column) return
    const own = bar.getBoundingClientRect()
    const room = column.getBoundingClientRect()
    if (own.left < room.left + 4 || own.right > room.right - 4) setAbove(true)
  }, [])
  return (
    <div className="toolbar" ref={element} data-place={above ? 'above' : undefined} role="group" aria-label={t('message.actions')}>
      {mayReact && <IconButton icon={SmilePlus} label={t('reaction.add')} keys="+" onClick={(event) => actions.pickReaction(message, event.currentTarget)} />}
      {mayAnswer && <IconButton icon={Reply} label={t('message.reply')} keys="R" onClick={() => actions.reply(message)} />}
      <IconButton icon={Ellipsis} label={t('message.more')} aria-haspopup="menu" aria-expanded={held} onClick={(event) => actions.openMenu(rowKey, event.currentTarget)} />
    </div>
  )
}
