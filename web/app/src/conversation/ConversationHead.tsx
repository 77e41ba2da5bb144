import type { ConversationView } from '@madang/client'
import { useStore } from '@nanostores/react'
import { PanelRight, Search } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { toggleDetails } from '../app/details.ts'
import { useLayout } from '../app/layout-size.ts'
import { $preferences } from '../app/preferences.ts'
import { navigate, useRoute } from '../app/router.ts'
import { ConversationAvatar, IconButton, PaneHead } from '../components/index.ts'
import { t } from '../i18n/index.ts'
import { useAbout } from './useAbout.ts'

/** Who one talks with here, and the way to the details. */
export function ConversationHead({ conversation, takesFocus }: { conversation: ConversationView; takesFocus: boolean }) {
  const about = useAbout(conversation)
  const layout = useLayout()
  const route = useRoute()
  const { details } = useStore($preferences)
  const heading = useRef<HTMLHeadingElement>(null)
  const open = (route.page === 'conversation' && route.details) || (layout === 'desktop' && details)
  const name = conversation.with?.display_name ?? conversation.title
  useEffect(() => {
    if (takesFocus) heading.current?.focus({ preventScroll: true })
  }, [takesFocus])
  return (
    <div className="conversation-head">
      <PaneHead backTo="/c">
        <div className="heading" onClick={() => layout !== 'desktop' && toggleDetails(conversation.id)}>
          <ConversationAvatar conversation={conversation} size={32} />
          <span className="words">
            <h1 className="title cut" tabIndex={-1} ref={heading}>
              <bdi>{name}</bdi>
            </h1>
            <span className="meta cut">{about}</span>
          </span>
        </div>
        <IconButton icon={Search} label={t('search.title')} onClick={() => navigate(`/search?in=${conversation.id}`)} />
        <IconButton icon={PanelRight} label={t('details.title')} aria-pressed={open} onClick={() => toggleDetails(conversation.id)} />
      </PaneHead>
    </div>
  )
}
