import { useStore } from '@nanostores/react'
import { useEffect, useRef, useState } from 'react'
import { useMadang } from '../app/context.ts'
import { Empty, useLate } from '../components/index.ts'
import { t } from '../i18n/index.ts'
import { OpenConversation } from './OpenConversation.tsx'
import { placeLeft } from './timeline/places.ts'
import './conversation.css'

export interface ConversationPaneProps {
  conversationId: number
  /** A message to open at, in the middle of the view. */
  aroundSeq?: number
}

/** One conversation: head, timeline, composer. Mount it anew for each conversation. */
export function ConversationPane({ conversationId, aroundSeq }: ConversationPaneProps) {
  const madang = useMadang()
  const me = useStore(madang.me)
  const conversation = useStore(madang.conversationOf(conversationId))
  const connection = useStore(madang.connection)
  const late = useLate(1500)
  const [firstSeq] = useState(aroundSeq)
  const known = conversation !== undefined
  const connected = connection.state === 'online' || connection.state === 'catching-up'
  const asked = useRef(false)
  useEffect(() => {
    const { state } = madang.timelineOf(conversationId).get()
    // Asked for once, and again with each new connection as long as there is nothing to show.
    if (!known || (asked.current && state !== 'empty')) return
    asked.current = true
    // The place that was left in this visit may no longer be loaded.
    const left = state === 'ready' ? undefined : placeLeft(conversationId)?.seq
    const around = firstSeq ?? left
    void (around ? madang.loadAround(conversationId, around) : madang.openTimeline(conversationId)).catch(() => undefined)
  }, [madang, conversationId, firstSeq, known, connected])
  if (conversation && me) return <OpenConversation conversation={conversation} me={me.id} {...(aroundSeq ? { aroundSeq } : {})} />
  if (connection.state === 'online' && late) {
    return (
      <div className="conversation">
        <div className="conversation-gone">
          <Empty text={t('timeline.gone')} />
        </div>
      </div>
    )
  }
  return <div className="conversation" aria-busy="true" />
}
