import { useStore } from '@nanostores/react'
import { useMadang } from '../../app/context.ts'
import { ConversationAvatar } from '../../components/index.ts'
import { t } from '../../i18n/index.ts'

/** What stands before the first row: rows that are being loaded, or where the conversation begins. */
export function Head({ conversationId, more }: { conversationId: number; more: boolean }) {
  const conversation = useStore(useMadang().conversationOf(conversationId))
  if (more) {
    return (
      <div className="older" data-row="head" aria-hidden="true">
        {[58, 76, 44].map((width) => (
          <div key={width} className="bone-row">
            <span className="bone face" />
            <span className="bone bubble" style={{ width: `${width}%` }} />
          </div>
        ))}
      </div>
    )
  }
  if (!conversation) return <div data-row="head" />
  const name = conversation.with?.display_name ?? conversation.title
  return (
    <div className="beginning" data-row="head">
      <ConversationAvatar conversation={conversation} size={56} />
      <p className="title">{t('timeline.beginning', { name })}</p>
      {conversation.with && <p className="small">@{conversation.with.username}</p>}
      {conversation.description && <p className="small">{conversation.description}</p>}
    </div>
  )
}
