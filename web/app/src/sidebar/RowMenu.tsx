import type { PreferenceChanges } from '@madang/client'
import { useStore } from '@nanostores/react'
import { Archive, Bell, BellOff, Check, Pin, PinOff } from 'lucide-react'
import { useRef } from 'react'
import { useNow } from '../app/clock.ts'
import { useMadang } from '../app/context.ts'
import { MenuList, Popover, toast, type MenuItem } from '../components/index.ts'
import { errorText } from '../i18n/errors.ts'
import { t } from '../i18n/index.ts'
import { isMuted } from './row-state.ts'
import '../i18n/later.ts'

export interface RowMenuAt {
  id: number
  row: HTMLElement
  x: number
  y: number
}

/** What one can do with a conversation without opening it: by right click, long press or the menu key. */
export function RowMenu({ at, onClose }: { at: RowMenuAt; onClose: () => void }) {
  const madang = useMadang()
  const conversation = useStore(madang.conversationOf(at.id))
  const now = useNow()
  const anchor = useRef<HTMLElement>(at.row)
  if (!conversation) return null
  const { preferences } = conversation
  const muted = isMuted(conversation, now)
  const prefer = (changes: PreferenceChanges) => {
    madang.setPreferences(at.id, changes).catch((reason: unknown) => toast({ kind: 'info', text: errorText(reason) }))
  }
  const items: MenuItem[] = [
    preferences.pinned
      ? { key: 'pin', icon: PinOff, label: t('row.menu.unpin'), onSelect: () => prefer({ pinned: false }) }
      : { key: 'pin', icon: Pin, label: t('row.menu.pin'), onSelect: () => prefer({ pinned: true }) },
    muted
      ? { key: 'mute', icon: Bell, label: t('row.menu.unmute'), onSelect: () => prefer({ muted_until: 0, ...(preferences.notify === 'nothing' ? { notify: 'all' as const } : {}) }) }
      : { key: 'mute', icon: BellOff, label: t('row.menu.mute'), onSelect: () => prefer({ muted_until: now + 8 * 3_600_000 }) },
    { key: 'archive', icon: Archive, label: preferences.archived ? t('row.menu.unarchive') : t('row.menu.archive'), onSelect: () => prefer({ archived: !preferences.archived }) },
  ]
  if (conversation.unread > 0) items.unshift({ key: 'read', icon: Check, label: t('row.menu.read'), onSelect: () => madang.markRead(at.id, conversation.head_seq) })
  const close = () => {
    onClose()
    at.row.focus({ preventScroll: true })
  }
  return (
    <>
      <span
        ref={(point) => {
          // The menu key has no place of its own: the row then is the place.
          if (at.x > 0 || at.y > 0) anchor.current = point ?? at.row
        }}
        className="row-menu-point"
        style={{ left: at.x, top: at.y }}
      />
      <Popover anchor={anchor} onClose={onClose} align="start">
        <MenuList label={conversation.with?.display_name ?? conversation.title} items={items} onClose={close} />
      </Popover>
    </>
  )
}
