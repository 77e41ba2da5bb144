import type { ConversationView, NotificationRules, Notify, QuietHours, RuledType, SetRules } from '@madang/client'
import { useStore } from '@nanostores/react'
import { ChevronDown } from 'lucide-react'
import { useEffect, useId, useState } from 'react'
import { useNow } from '../app/clock.ts'
import { useMadang } from '../app/context.ts'
import { Button, ConversationAvatar, Icon, Menu, SkeletonRows, toast, type MenuItem } from '../components/index.ts'
import { errorText } from '../i18n/errors.ts'
import { clockTime, dayLabel } from '../i18n/format.ts'
import { t } from '../i18n/index.ts'
import { Option, SwitchOption } from './Option.tsx'

const HOUR = 3_600_000
const PAUSES = [1, 8, 24] as const
const TYPES: readonly RuledType[] = ['mention', 'reply', 'message', 'reaction', 'invitation', 'contact_request', 'contact_accepted']
const NOTIFY: readonly Notify[] = ['all', 'mentions', 'nothing']

/** What one is told of, on all devices: kinds, quiet hours, and each conversation's own choice. */
export function Telling() {
  const { rules: book } = useMadang()
  const rules = useStore(book.current)
  const [failed, setFailed] = useState(false)
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    let here = true
    book.load().catch(() => here && setFailed(true))
    return () => {
      here = false
    }
  }, [book, attempt])
  if (rules) return <Chosen rules={rules} />
  if (!failed) return <SkeletonRows count={4} />
  return (
    <section>
      <p className="small">{t('settings.telling.failed')}</p>
      <Button
        onClick={() => {
          setFailed(false)
          setAttempt(attempt + 1)
        }}
      >
        {t('notifications.try_again')}
      </Button>
    </section>
  )
}

function Chosen({ rules }: { rules: NotificationRules }) {
  const { rules: book } = useMadang()
  const change = (changes: SetRules) => void book.set(changes).catch((reason: unknown) => toast({ text: errorText(reason), kind: 'info' }))
  return (
    <>
      <section>
        <h2>{t('settings.telling.kinds')}</h2>
        <p className="small">{t('settings.telling.kinds_text')}</p>
        <ul className="card list">
          {TYPES.map((type) => (
            <SwitchOption
              key={type}
              title={t(`settings.telling.${type as 'mention'}`)}
              checked={!rules.off.includes(type)}
              onChange={(told) => change({ off: told ? rules.off.filter((one) => one !== type) : [...rules.off, type] })}
            />
          ))}
        </ul>
      </section>
      <section>
        <h2>{t('settings.telling.quiet')}</h2>
        <p className="small">{t('settings.telling.quiet_text')}</p>
        <ul className="card list">
          <Pause until={rules.muted_until} onChange={(muted_until) => change({ muted_until })} />
          <Quiet hours={rules.quiet_hours} onChange={(quiet_hours) => change({ quiet_hours })} />
        </ul>
      </section>
      <OfConversations />
    </>
  )
}

/** Nothing makes a sound for a while. */
function Pause({ until = 0, onChange }: { until: number | undefined; onChange: (until: number) => void }) {
  const paused = until > useNow()
  const items: MenuItem[] = [
    ...PAUSES.map((count) => ({ key: String(count), label: t('details.mute_hours', { count }), onSelect: () => onChange(Date.now() + count * HOUR) })),
    ...(paused ? [{ key: 'off', label: t('details.mute_end'), onSelect: () => onChange(0) }] : []),
  ]
  const value = paused ? t('details.mute_until', { time: momentText(until) }) : t('details.mute_off')
  return (
    <Option title={t('settings.telling.pause')} hint={t('settings.telling.pause_hint')}>
      <Choice label={t('settings.telling.pause')} value={value} items={items} />
    </Option>
  )
}

/** Hours of every day, in one's own time zone. */
function Quiet({ hours, onChange }: { hours: QuietHours | undefined; onChange: (hours: QuietHours) => void }) {
  const shown = hours ?? { on: false, begin: '22:00', end: '08:00', time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone }
  const id = useId()
  const set = (changes: Partial<QuietHours>) => {
    const next = { ...shown, ...changes }
    // A field that is being emptied, or one that would end it before it begins, waits for its other half.
    if (next.begin && next.end && next.begin !== next.end) onChange(next)
  }
  return (
    <>
      <SwitchOption title={t('settings.telling.hours')} hint={t('settings.telling.hours_hint')} checked={shown.on} onChange={(on) => set({ on })} />
      {shown.on && (
        <li className="opt quiet-hours">
          <span className="pair">
            <label htmlFor={`${id}-begin`}>{t('settings.telling.from')}</label>
            <input id={`${id}-begin`} type="time" required value={shown.begin} onChange={(event) => set({ begin: event.target.value })} />
          </span>
          <span className="pair">
            <label htmlFor={`${id}-end`}>{t('settings.telling.until')}</label>
            <input id={`${id}-end`} type="time" required value={shown.end} onChange={(event) => set({ end: event.target.value })} />
          </span>
          <span className="pair">
            <label htmlFor={`${id}-zone`}>{t('settings.telling.zone')}</label>
            <select id={`${id}-zone`} value={shown.time_zone} onChange={(event) => set({ time_zone: event.target.value })}>
              {zonesWith(shown.time_zone).map((zone) => (
                <option key={zone} value={zone}>
                  {zone.replaceAll('_', ' ')}
                </option>
              ))}
            </select>
          </span>
        </li>
      )}
    </>
  )
}

/** The conversations that are told of otherwise than the rest. */
function OfConversations() {
  const madang = useMadang()
  const now = useNow()
  const conversations = useStore(madang.conversations).filter(({ preferences }) => preferences.notify !== 'all' || (preferences.muted_until ?? 0) > now)
  return (
    <section>
      <h2>{t('settings.telling.conversations')}</h2>
      <p className="small">{conversations.length > 0 ? t('settings.telling.conversations_text') : t('settings.telling.conversations_none')}</p>
      {conversations.length > 0 && (
        <ul className="card list">
          {conversations.map((one) => (
            <OfConversation key={one.id} conversation={one} now={now} />
          ))}
        </ul>
      )}
    </section>
  )
}

function OfConversation({ conversation, now }: { conversation: ConversationView; now: number }) {
  const madang = useMadang()
  const { notify, muted_until = 0 } = conversation.preferences
  const name = conversation.with?.display_name ?? conversation.title
  const choose = (changes: Parameters<typeof madang.setPreferences>[1]) => {
    madang.setPreferences(conversation.id, changes).catch((reason: unknown) => toast({ text: errorText(reason), kind: 'info' }))
  }
  const muted = muted_until > now
  const items: MenuItem[] = [
    ...NOTIFY.map((value) => ({ key: value, label: t(`details.notify_${value}`), checked: value === notify, onSelect: () => choose({ notify: value }) })),
    ...(muted ? (['rule', { key: 'off', label: t('details.mute_end'), onSelect: () => choose({ muted_until: 0 }) }] as const) : []),
  ]
  return (
    <li className="opt">
      <ConversationAvatar conversation={conversation} size={36} />
      <span className="grow">
        <bdi className="stacked cut">{name}</bdi>
        {muted && <span className="small">{t('settings.telling.muted', { time: momentText(muted_until) })}</span>}
      </span>
      <Choice label={t('settings.telling.of', { name })} value={t(`details.notify_${notify}`)} items={items} />
    </li>
  )
}

function Choice({ label, value, items }: { label: string; value: string; items: readonly MenuItem[] }) {
  return (
    <Menu
      label={label}
      items={items}
      trigger={
        <button type="button" className="button" aria-label={`${label}: ${value}`}>
          {value}
          <Icon of={ChevronDown} size={16} />
        </button>
      }
    />
  )
}

/** Every zone that the browser knows by name; one's own may have an older name. */
function zonesWith(own: string): string[] {
  const known = typeof Intl.supportedValuesOf === 'function' ? Intl.supportedValuesOf('timeZone') : []
  return known.includes(own) ? known : [own, ...known]
}

function momentText(at: number): string {
  const today = new Date().setHours(0, 0, 0, 0)
  return at - today < 24 * HOUR ? clockTime(at) : `${dayLabel(at)}, ${clockTime(at)}`
}
