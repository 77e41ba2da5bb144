import type { Message, Trace, TraceMember, TraceWorker } from '@madang/client'
import { Check } from 'lucide-react'
import { useCallback, useEffect, useState, type ReactNode } from 'react'
import { useMadang } from '../../app/context.ts'
import { AccountAvatar, Button, Dialog, Empty, Icon, SkeletonRows, TextButton } from '../../components/index.ts'
import { errorText } from '../../i18n/errors.ts'
import { countText, exactTime, machineTime } from '../../i18n/format.ts'
import { t } from '../../i18n/index.ts'
import '../../i18n/later.ts'
import './trace.css'

const AGAIN_MS = 3000
/** Conversations larger than this do not show who has received and read. */
const MAX_MEMBERS = 20

/** Where a message is: stored, sent, received, read; for admins of the server also whom it called, or why not. */
export default function TraceDialog({ message, own, onClose }: { message: Message; own: boolean; onClose: () => void }) {
  const { trace, problem, again, more } = useTrace(message)
  return (
    <Dialog title={t(own ? 'trace.title' : 'trace.title_any')} onClose={onClose} place="top" width={460}>
      <p className="trace-said cut">{message.text.trim() || t('message.label.files', { count: message.attachments.length })}</p>
      {problem !== undefined && !trace && (
        <Empty text={problem} size={64}>
          <Button onClick={again}>{t('notifications.try_again')}</Button>
        </Empty>
      )}
      {problem === undefined && !trace && <SkeletonRows count={3} />}
      {trace && <Steps trace={trace} />}
      {trace?.members && trace.members.length > 0 && (
        <section>
          <h3 className="label">{t('details.members', { count: trace.people })}</h3>
          <ul className="trace-people">
            {trace.members.map((member) => (
              <Person key={member.account.id} member={member} />
            ))}
          </ul>
          {trace.cursor !== undefined && <TextButton onClick={more}>{t('trace.more')}</TextButton>}
        </section>
      )}
    </Dialog>
  )
}

/** The trace, asked for again while something is still to come and nobody has paged on. */
function useTrace(message: Message) {
  const madang = useMadang()
  const { conversation_id: id, seq } = message
  const [trace, setTrace] = useState<Trace>()
  const [problem, setProblem] = useState<string>()
  const [paged, setPaged] = useState(false)
  const load = useCallback(() => {
    madang.trace(id, seq).then(setTrace, (reason: unknown) => setProblem(errorText(reason)))
  }, [madang, id, seq])
  useEffect(load, [load])
  const again = () => {
    setProblem(undefined)
    load()
  }
  const waiting = trace !== undefined && !paged && !isSettled(trace)
  useEffect(() => {
    if (!waiting) return
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') madang.trace(id, seq).then(setTrace, () => undefined)
    }, AGAIN_MS)
    return () => clearInterval(timer)
  }, [madang, id, seq, waiting])
  const more = () => {
    setPaged(true)
    madang.trace(id, seq, trace?.cursor).then(
      (next) => setTrace((before) => ({ ...next, members: [...(before?.members ?? []), ...(next.members ?? [])] })),
      () => undefined,
    )
  }
  return { trace, problem, again, more }
}

const isSettled = ({ sent, people, read, members }: Trace) => sent.everywhere && (members === undefined || read === undefined || read === people - members.filter((member) => member.read === undefined).length)

function Steps({ trace }: { trace: Trace }) {
  const { stored, sent, people, received, read, members } = trace
  const nobody = people === 0
  return (
    <>
      <ol className="trace-steps">
        <Step state="done" name={t('trace.stored')}>
          <time dateTime={machineTime(stored.at)}>{exactTime(stored.at)}</time>
          {stored.position !== undefined && <span className="stacked">{t('trace.place', { seq: trace.seq, position: stored.position })}</span>}
          {stored.deleted_at !== undefined && <span className="stacked">{t('message.deleted')}</span>}
        </Step>
        <Step state={sent.everywhere ? 'done' : 'open'} name={t('trace.sent')}>
          {t(sent.everywhere ? 'trace.sent_all' : 'trace.sent_not_yet')}
          {sent.workers?.map((worker, index) => (
            <span key={index} className="stacked">
              {workerText(worker)}
            </span>
          ))}
        </Step>
        {received !== undefined && !nobody && <Count name={t('trace.received')} count={received} trace={trace} />}
        {read !== undefined && !nobody && <Count name={t('trace.read')} count={read} trace={trace} />}
      </ol>
      {nobody && <p className="trace-note">{t('trace.alone')}</p>}
      {members === undefined && !nobody && <p className="trace-note">{t('trace.large', { count: MAX_MEMBERS })}</p>}
      {members !== undefined && read === undefined && !nobody && <p className="trace-note">{t('trace.hidden')}</p>}
    </>
  )
}

function Count({ name, count, trace: { people, members } }: { name: string; count: number; trace: Trace }) {
  const only = people === 1 ? members?.[0]?.account.display_name : undefined
  return (
    <Step state={count === people ? 'done' : count > 0 ? 'part' : 'open'} name={name}>
      {count === 0 && t('trace.nobody')}
      {count > 0 && count < people && t('trace.some', { count: countText(count), total: countText(people) })}
      {count > 0 && count === people && (only ? <bdi>{only}</bdi> : t('trace.everybody'))}
    </Step>
  )
}

function Step({ state, name, children }: { state: 'done' | 'part' | 'open'; name: string; children: ReactNode }) {
  return (
    <li data-state={state}>
      <span className="trace-mark">{state === 'done' && <Icon of={Check} size={14} />}</span>
      <div>
        <b className="stacked">{name}</b>
        <span className="small">{children}</span>
      </div>
    </li>
  )
}

function workerText({ name, sent, silent_s }: TraceWorker): string {
  if (sent) return t('trace.worker_sent', { name })
  return silent_s !== undefined && silent_s > 5 ? t('trace.worker_silent', { name, count: silent_s }) : t('trace.worker_behind', { name })
}

function Person({ member }: { member: TraceMember }) {
  const { account, presence, devices, notified } = member
  return (
    <li>
      <AccountAvatar account={account} size={32} presence={presence} />
      <span className="grow">
        <bdi className="cut stacked">{account.display_name}</bdi>
        {presence !== undefined && (
          <span className="meta stacked">
            {t(`presence.${presence}`)}
            {devices !== undefined && devices > 0 && ` · ${t('trace.devices', { count: devices })}`}
          </span>
        )}
        {notified && <span className="small stacked">{notified.state === 'none' ? t(`trace.reason.${notified.reason ?? 'unknown'}`) : t(`trace.notified.${notified.state}`)}</span>}
      </span>
      <span className="small trace-reached" data-state={member.read ? 'read' : undefined}>
        {reachedText(member)}
      </span>
    </li>
  )
}

function reachedText({ read, received }: TraceMember): string {
  if (read === undefined) return t('trace.not_shown')
  if (read) return t('trace.read')
  if (received === undefined) return t('trace.unread')
  return t(received ? 'trace.received' : 'trace.not_yet')
}
