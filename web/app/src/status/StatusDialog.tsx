import type { Chosen, OwnAccount, Status } from '@madang/client'
import { useStore } from '@nanostores/react'
import { SmilePlus, X } from 'lucide-react'
import { lazy, Suspense, useRef, useState, type FormEvent } from 'react'
import { useMadang } from '../app/context.ts'
import { Button, Chips, Dialog, FieldError, Icon, IconButton, Segments, TextField } from '../components/index.ts'
import { errorText } from '../i18n/errors.ts'
import { clockTime, dayLabel, daysBetween } from '../i18n/format.ts'
import { t } from '../i18n/index.ts'
import '../i18n/later.ts'
import { readyStatuses } from './choices.ts'
import { durations, endOf, fromLocalInput, localInput, type Duration } from './until.ts'
import './status.css'

const EmojiPopover = lazy(() => import('../conversation/emoji/EmojiPopover.tsx'))

const LONGEST = 80
const availabilities = ['auto', 'away', 'busy'] as const

/** How long: one of the ready-made lengths, a time by hand, or as long as it was to last before. */
type Lasting = Duration | 'kept' | 'chosen'

interface Draft {
  emoji: string
  text: string
  availability: Chosen
  lasting: Lasting
  until: string
}

/** What one shows of oneself: words with an emoji, how reachable one is, and until when. */
export default function StatusDialog({ onClose }: { onClose: () => void }) {
  const me = useStore(useMadang().me)
  return me ? <StatusForm me={me} onClose={onClose} /> : null
}

function StatusForm({ me, onClose }: { me: OwnAccount; onClose: () => void }) {
  const madang = useMadang()
  const [now] = useState(() => Date.now())
  const current = me.status?.until !== undefined && me.status.until <= now ? undefined : me.status
  const [draft, setDraft] = useState<Draft>(() => ({
    emoji: current?.emoji ?? '',
    text: current?.text ?? '',
    availability: current?.availability ?? 'auto',
    lasting: current?.until === undefined ? 'never' : 'kept',
    until: localInput(current?.until ?? now + 3_600_000),
  }))
  const [error, setError] = useState<string>()
  const [busy, setBusy] = useState(false)
  const change = (changes: Partial<Draft>) => {
    setError(undefined)
    setDraft({ ...draft, ...changes })
  }
  const show = async (status: Status) => {
    setBusy(true)
    try {
      await madang.setStatus(status)
      onClose()
    } catch (reason) {
      setError(errorText(reason))
      setBusy(false)
    }
  }
  const save = (event: FormEvent) => {
    event.preventDefault()
    if (busy) return
    const until = endOfDraft(draft, current?.until)
    if (until !== undefined && until <= Date.now()) return setError(t('status.until_over'))
    void show({
      ...(draft.text.trim() && { text: draft.text.trim() }),
      ...(draft.emoji && { emoji: draft.emoji }),
      availability: draft.availability,
      ...(until !== undefined && { until }),
    })
  }
  return (
    <Dialog title={t('status.title')} onClose={onClose} place="top">
      <form className="status-form" noValidate onSubmit={save}>
        <StatusLine draft={draft} onChange={change} />
        {draft.text === '' && draft.emoji === '' && <ReadyMade onChange={change} />}
        <div className="field">
          <span className="field-label">{t('status.availability')}</span>
          <Segments label={t('status.availability')} value={draft.availability} onChange={(availability) => change({ availability })} options={availabilities.map((value) => ({ value, label: t(`status.availability.${value}`) }))} />
          <span className="small">{t(`status.availability.${draft.availability}_hint`)}</span>
        </div>
        <Until draft={draft} kept={current?.until} now={now} onChange={change} />
        {error && <FieldError>{error}</FieldError>}
        <div className="buttons">
          {current && (
            <Button kind="quiet" disabled={busy} onClick={() => void show({})}>
              {t('status.clear')}
            </Button>
          )}
          <span className="grow" />
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" busy={busy}>
            {t('dialog.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

interface PartProps {
  draft: Draft
  onChange: (changes: Partial<Draft>) => void
}

function StatusLine({ draft, onChange }: PartProps) {
  const [picking, setPicking] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  return (
    <div className="status-line">
      <button ref={button} type="button" className="status-emoji" aria-label={draft.emoji ? t('status.emoji_chosen', { emoji: draft.emoji }) : t('status.emoji')} aria-haspopup="dialog" aria-expanded={picking} onClick={() => setPicking(!picking)}>
        {draft.emoji || <Icon of={SmilePlus} />}
      </button>
      <TextField
        label={t('status.text')}
        data-first-focus=""
        value={draft.text}
        maxLength={LONGEST}
        autoComplete="off"
        placeholder={t('status.text_hint')}
        inside={(draft.text !== '' || draft.emoji !== '') && <IconButton icon={X} iconSize={16} label={t('status.empty')} onClick={() => onChange({ text: '', emoji: '' })} />}
        onChange={(event) => onChange({ text: event.target.value })}
      />
      {picking && (
        <Suspense fallback={null}>
          <EmojiPopover anchor={button} onPick={(emoji) => onChange({ emoji })} onClose={() => setPicking(false)} />
        </Suspense>
      )}
    </div>
  )
}

function ReadyMade({ onChange }: Pick<PartProps, 'onChange'>) {
  return (
    <ul className="status-ready" aria-label={t('status.ready')}>
      {readyStatuses.map(({ key, emoji, availability, lasts }) => (
        <li key={key}>
          <button type="button" onClick={() => onChange({ emoji, text: t(key), availability, lasting: lasts })}>
            <span aria-hidden="true">{emoji}</span>
            <span className="grow">{t(key)}</span>
            <span className="small">{t(`status.until.${lasts}`)}</span>
          </button>
        </li>
      ))}
    </ul>
  )
}

function Until({ draft, kept, now, onChange }: PartProps & { kept: number | undefined; now: number }) {
  const options: { value: Lasting; label: string }[] = [
    ...(kept === undefined ? [] : [{ value: 'kept' as const, label: t('status.until_time', { time: timeText(kept, now) }) }]),
    ...durations.map((value) => ({ value, label: t(`status.until.${value}`) })),
    { value: 'chosen', label: t('status.until.chosen') },
  ]
  return (
    <div className="field">
      <span className="field-label">{t('status.until')}</span>
      <Chips label={t('status.until')} value={draft.lasting} onChange={(lasting) => onChange({ lasting })} options={options} />
      {draft.lasting === 'chosen' && (
        <span className="input">
          <input type="datetime-local" aria-label={t('status.until.chosen')} value={draft.until} min={localInput(now)} onChange={(event) => onChange({ until: event.target.value })} />
        </span>
      )}
    </div>
  )
}

function endOfDraft({ lasting, until }: Draft, kept: number | undefined): number | undefined {
  if (lasting === 'kept') return kept
  return lasting === 'chosen' ? fromLocalInput(until) : endOf(lasting, Date.now())
}

/** A clock time today, else with its day. */
function timeText(at: number, now: number): string {
  return daysBetween(at, now) === 0 ? clockTime(at) : `${dayLabel(at, now)} ${clockTime(at)}`
}
