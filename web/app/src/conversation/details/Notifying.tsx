import type { ConversationView, Notify } from '@madang/client'
import { Bell, BellOff, ChevronDown, Pin } from 'lucide-react'
import type { ReactNode } from 'react'
import { useMadang } from '../../app/context.ts'
import { Icon, Menu, Switch, toast, type MenuItem } from '../../components/index.ts'
import { errorText } from '../../i18n/errors.ts'
import { clockTime, dayLabel } from '../../i18n/format.ts'
import { t } from '../../i18n/index.ts'
import type { LucideIcon } from 'lucide-react'

const HOUR = 3_600_000
/** Muted until somebody turns it off: so far away that it does not matter. */
const FOR_EVER = 4_102_444_800_000
const CHOICES: readonly Notify[] = ['all', 'mentions', 'nothing']
const MUTES = [1, 8, 24] as const

/** What this conversation tells me, and whether it stands first in my list. */
export function Notifying({ conversation }: { conversation: ConversationView }) {
  const madang = useMadang()
  const { notify, muted_until = 0, pinned } = conversation.preferences
  const muted = isLater(muted_until)
  const choose = (changes: Parameters<typeof madang.setPreferences>[1]) => {
    madang.setPreferences(conversation.id, changes).catch((reason: unknown) => toast({ text: errorText(reason), kind: 'info' }))
  }
  const notifyItems: MenuItem[] = CHOICES.map((value) => ({ key: value, label: t(`details.notify_${value}`), checked: value === notify, onSelect: () => choose({ notify: value }) }))
  const muteItems: MenuItem[] = [
    ...MUTES.map((hours) => ({ key: String(hours), label: t('details.mute_hours', { count: hours }), onSelect: () => choose({ muted_until: Date.now() + hours * HOUR }) })),
    { key: 'ever', label: t('details.mute_ever'), onSelect: () => choose({ muted_until: FOR_EVER }) },
    ...(muted ? [{ key: 'off', label: t('details.mute_end'), onSelect: () => choose({ muted_until: 0 }) }] : []),
  ]
  const until = !muted ? t('details.mute_off') : muted_until >= FOR_EVER ? t('details.mute_ever') : t('details.mute_until', { time: untilText(muted_until) })
  return (
    <section className="settings-lines">
      <Setting icon={Bell} label={t('details.notify')} value={t(`details.notify_${notify}`)} items={notifyItems} />
      <Setting icon={BellOff} label={t('details.mute')} value={until} items={muteItems} />
      <div className="setting">
        <Icon of={Pin} />
        <span>{t('details.pin')}</span>
        <span className="value">
          <Switch label={t('details.pin')} checked={pinned} onChange={(checked) => choose({ pinned: checked })} />
        </span>
      </div>
    </section>
  )
}

function Setting({ icon, label, value, items }: { icon: LucideIcon; label: string; value: ReactNode; items: readonly MenuItem[] }) {
  return (
    <Menu
      label={label}
      items={items}
      trigger={
        <button type="button" className="setting">
          <Icon of={icon} />
          <span>{label}</span>
          <span className="value">
            <span className="cut">{value}</span>
            <Icon of={ChevronDown} size={16} />
          </span>
        </button>
      }
    />
  )
}

const isLater = (at: number): boolean => at > Date.now()

function untilText(at: number): string {
  const today = new Date().setHours(0, 0, 0, 0)
  return at - today < 24 * HOUR ? clockTime(at) : `${dayLabel(at)}, ${clockTime(at)}`
}
