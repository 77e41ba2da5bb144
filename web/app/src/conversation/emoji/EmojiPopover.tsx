import { lazy, Suspense, type RefObject } from 'react'
import { useLayout } from '../../app/layout-size.ts'
import { Popover, Sheet } from '../../components/index.ts'
import { t } from '../../i18n/index.ts'
import { rememberEmoji } from './recent.ts'

const EmojiPicker = lazy(() => import('./EmojiPicker.tsx'))

/** The emoji picker at its button; at the foot of a phone. Its data is fetched when it is first opened. */
export function EmojiPopover({ anchor, onPick, onClose }: { anchor: RefObject<HTMLElement | null>; onPick: (emoji: string) => void; onClose: () => void }) {
  const phone = useLayout() === 'phone'
  const picker = (
    <Suspense fallback={<div className="emoji-picker" aria-busy="true" />}>
      <EmojiPicker
        onPick={(emoji) => {
          rememberEmoji(emoji)
          onClose()
          onPick(emoji)
        }}
      />
    </Suspense>
  )
  if (phone) {
    return (
      <Sheet title={t('emoji.title')} onClose={onClose}>
        {picker}
      </Sheet>
    )
  }
  return (
    <Popover anchor={anchor} onClose={onClose} place="above" align="end" role="dialog" label={t('emoji.title')}>
      {picker}
    </Popover>
  )
}
