import type { RefObject } from 'react'
import { useLayout } from '../../app/layout-size.ts'
import { Popover, Sheet } from '../../components/index.ts'
import { t } from '../../i18n/index.ts'
import { EmojiPicker } from './EmojiPicker.tsx'
import { rememberEmoji } from './recent.ts'
import '../../i18n/later.ts'

/** The emoji picker at its button; at the foot of a phone. A file of its own with its data: import it when it is first opened. */
export default function EmojiPopover({ anchor, onPick, onClose }: { anchor: RefObject<HTMLElement | null>; onPick: (emoji: string) => void; onClose: () => void }) {
  const phone = useLayout() === 'phone'
  const picker = (
    <EmojiPicker
      onPick={(emoji) => {
        rememberEmoji(emoji)
        onClose()
        onPick(emoji)
      }}
    />
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
