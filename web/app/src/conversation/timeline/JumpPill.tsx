import { ArrowDown } from 'lucide-react'
import { Icon } from '../../components/index.ts'
import { t } from '../../i18n/index.ts'

/** The way back to the latest message, with how many are new; persimmon when one of them calls. */
export function JumpPill({ shown, unread, mentions, onJump }: { shown: boolean; unread: number; mentions: number; onJump: () => void }) {
  if (!shown) return null
  return (
    <button type="button" className="jump" onClick={onJump}>
      <Icon of={ArrowDown} size={20} />
      {unread > 0 ? t('timeline.jump_new', { count: unread }) : t('timeline.jump')}
      {mentions > 0 && (
        <span className="badge" aria-label={t('timeline.jump_mentions', { count: mentions })}>
          @
        </span>
      )}
    </button>
  )
}
