import type { Session } from '@madang/client'
import { Monitor, Smartphone } from 'lucide-react'
import { useCallback, useEffect, useState } from 'react'
import { useMadang } from '../app/context.ts'
import { Button, Confirm, Empty, Icon, SkeletonRows, toast } from '../components/index.ts'
import { errorText } from '../i18n/errors.ts'
import { exactTime, plainDate, relativeTime } from '../i18n/format.ts'
import { t } from '../i18n/index.ts'

type Question = { about: 'one'; session: Session } | { about: 'others' }

/** Everything that is signed in as oneself, and how to end it. */
export function Devices() {
  const madang = useMadang()
  const [sessions, setSessions] = useState<Session[] | 'failed'>()
  const [question, setQuestion] = useState<Question>()
  const load = useCallback(() => {
    madang.sessions().then(
      (list) => setSessions([...list].sort((one, other) => Number(other.current) - Number(one.current) || other.last_used_at - one.last_used_at)),
      () => setSessions('failed'),
    )
  }, [madang])
  useEffect(load, [load])

  const end = async (what: Question) => {
    try {
      await (what.about === 'one' ? madang.endSession(what.session.id) : madang.endOtherSessions())
      toast({ text: t('settings.devices.ended') })
    } catch (reason) {
      toast({ kind: 'info', text: errorText(reason) })
    }
    load()
  }
  return (
    <section>
      <h2>{t('settings.devices.title')}</h2>
      <p className="small">{t('settings.devices.text')}</p>
      {sessions === undefined && <SkeletonRows count={2} />}
      {sessions === 'failed' && (
        <Empty text={t('settings.devices.failed')} size={64}>
          <Button onClick={load}>{t('notifications.try_again')}</Button>
        </Empty>
      )}
      {Array.isArray(sessions) && (
        <>
          <ul className="card list">
            {sessions.map((session) => (
              <Device key={session.id} session={session} onEnd={() => setQuestion({ about: 'one', session })} />
            ))}
          </ul>
          {sessions.length > 1 && (
            <div className="below-list">
              <Button small onClick={() => setQuestion({ about: 'others' })}>
                {t('settings.devices.end_all')}
              </Button>
            </div>
          )}
        </>
      )}
      {question && (
        <Confirm
          title={question.about === 'one' ? t('settings.devices.end_question', { name: nameOf(question.session) }) : t('settings.devices.end_all_question')}
          text={t('settings.devices.end_text')}
          confirm={question.about === 'one' ? t('settings.devices.end') : t('settings.devices.end_all')}
          danger
          onConfirm={() => void end(question)}
          onClose={() => setQuestion(undefined)}
        />
      )}
    </section>
  )
}

function Device({ session, onEnd }: { session: Session; onEnd: () => void }) {
  const phone = /phone|android|mobile|ios/i.test(session.device_name)
  const date = plainDate(session.created_at)
  const when = session.current || session.connected ? t('settings.devices.active', { date }) : t('settings.devices.last', { time: relativeTime(session.last_used_at), date })
  return (
    <li className="device">
      <span className="box">
        <Icon of={phone ? Smartphone : Monitor} />
      </span>
      <span className="grow">
        <bdi className="strong stacked">{nameOf(session)}</bdi>
        <span className="small" title={exactTime(session.last_used_at)}>
          {when}
        </span>
      </span>
      {session.current ? (
        <span className="pill-ok">{t('settings.devices.this')}</span>
      ) : (
        <Button small onClick={onEnd}>
          {t('settings.devices.end')}
        </Button>
      )}
    </li>
  )
}

const nameOf = (session: Session) => session.device_name || t('settings.devices.unknown')
