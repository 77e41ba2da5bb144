import type { Chosen } from '@madang/client'
import { useStore } from '@nanostores/react'
import { Eraser, Smile, User } from 'lucide-react'
import type { RefObject } from 'react'
import { useNow } from '../app/clock.ts'
import { useMadang } from '../app/context.ts'
import { navigate } from '../app/router.ts'
import { openWindow } from '../app/windows.ts'
import { MenuList, Popover, statusText, toast, type MenuItem } from '../components/index.ts'
import { errorText } from '../i18n/errors.ts'
import { t } from '../i18n/index.ts'
import '../i18n/later.ts'

const availabilities: readonly Chosen[] = ['auto', 'away', 'busy']

/** What one shows of oneself, and the way to one's profile. */
export default function MeMenu({ anchor, onClose }: { anchor: RefObject<HTMLElement | null>; onClose: () => void }) {
  const madang = useMadang()
  const me = useStore(madang.me)
  const now = useNow()
  const status = me?.status?.until !== undefined && me.status.until <= now ? undefined : me?.status
  const text = statusText(status)
  const show = (changes: Parameters<typeof madang.setStatus>[0]) => {
    madang.setStatus(changes).catch((reason: unknown) => toast({ kind: 'info', text: errorText(reason) }))
  }
  const items: MenuItem[] = [
    { key: 'status', icon: Smile, label: text || t('status.set'), onSelect: () => openWindow('status') },
    ...(text ? [{ key: 'clear', icon: Eraser, label: t('status.clear'), onSelect: () => show({}) }] : []),
    'rule',
    ...availabilities.map((availability) => ({
      key: availability,
      label: t(`status.availability.${availability}`),
      checked: availability === (status?.availability ?? 'auto'),
      onSelect: () => show({ ...status, availability }),
    })),
    'rule',
    { key: 'profile', icon: User, label: t('settings.profile.title'), onSelect: () => navigate('/settings/profile') },
  ]
  const close = () => {
    onClose()
    anchor.current?.focus({ preventScroll: true })
  }
  return (
    <Popover anchor={anchor} onClose={onClose} place="above" align="start">
      <MenuList label={t('status.menu')} items={items} onClose={close} />
    </Popover>
  )
}
