import type { Account } from '@madang/client'
import { useStore } from '@nanostores/react'
import { Check, ChevronRight } from 'lucide-react'
import { useEffect, useState, type ReactNode } from 'react'
import { Button, Empty, Icon, Mark, PageTitle, toast } from '../components/index.ts'
import { t, type Key } from '../i18n/index.ts'
import { useMadang } from './context.ts'
import { finishFirstRun, isFirstRunDone } from './first-run.ts'
import { Link } from './Link.tsx'
import { askForNotices, noticePermission, type NoticePermission } from './notice-permission.ts'
import { $preferences, setPreference } from './preferences.ts'
import { firstScreenStands } from './soon.tsx'
import { openWindow } from './windows.ts'
import './home.css'

/** The pane while no conversation is open: the first four steps, later the empty yard. */
export default function Home() {
  const madang = useMadang()
  const me = useStore(madang.me)
  const known = useStore(madang.server) !== undefined
  const drawn = me !== undefined && known
  useEffect(() => {
    if (drawn) firstScreenStands()
  }, [drawn])
  if (!drawn) return null
  return <Yard key={me.id} me={me} />
}

function Yard({ me }: { me: Account }) {
  const [dismissed, setDismissed] = useState(() => isFirstRunDone(me.id))
  if (dismissed) return <NothingOpen />
  return (
    <FirstRun
      me={me}
      onDismiss={() => {
        finishFirstRun(me.id)
        setDismissed(true)
      }}
    />
  )
}

function NothingOpen() {
  return (
    <Empty text={t('home.choose')}>
      <Button onClick={() => openWindow('people')}>{t('people.find')}</Button>
    </Empty>
  )
}

function FirstRun({ me, onDismiss }: { me: Account; onDismiss: () => void }) {
  const conversations = useStore(useMadang().conversations)
  const { notices } = useStore($preferences)
  const hasFace = me.picture_url !== undefined || me.display_name !== me.username
  const hasPerson = conversations.some((one) => one.kind === 'direct')
  const hasGroup = conversations.some((one) => one.kind !== 'direct')
  const hasNotices = notices && noticePermission() === 'granted'
  const all = hasFace && hasPerson && hasGroup && hasNotices
  useEffect(() => {
    // All done: it stays for now, and does not come back.
    if (all) finishFirstRun(me.id)
  }, [all, me.id])
  return (
    <div className="pane-scroll first-scroll">
      <section className="first-run">
        <Mark size={96} stroke={2.25} />
        <div className="first-title">
          <PageTitle>
            {t('home.first.title')}
            <br />
            {t('home.first.question')}
          </PageTitle>
        </div>
        <ol className="steps">
          <Step number={1} done={hasFace} title={t('home.face.title')} text={hasFace ? t('home.face.done', { name: me.display_name }) : t('home.face.text')} to="/settings/profile" />
          <Step number={2} done={hasPerson} title={t('people.find')} text={t('home.person.text')} to="/contacts" />
          <Step number={3} done={hasGroup} title={t('home.group.title')} text={t('home.group.text')} onClick={() => openWindow('new')} />
          <Step number={4} done={hasNotices} title={t('notices.turn_on')} text={t('home.notices.text')} onClick={() => void turnOnNotices()} />
        </ol>
        <Button kind="quiet" onClick={onDismiss}>
          {all ? t('home.done') : t('home.later')}
        </Button>
      </section>
    </div>
  )
}

const answers: Record<NoticePermission, Key> = { ask: 'notices.ask', granted: 'notices.granted', denied: 'notices.denied', unsupported: 'notices.unsupported' }

async function turnOnNotices(): Promise<void> {
  const answer = await askForNotices()
  if (answer === 'granted') setPreference('notices', true)
  toast({ text: t(answers[answer]), kind: answer === 'granted' ? 'ok' : 'info' })
}

function Step({ number, done, title, text, to, onClick }: { number: number; done: boolean; title: string; text: string; to?: string; onClick?: () => void }) {
  const inside: ReactNode = (
    <>
      <span className="num" data-done={done ? '' : undefined} aria-hidden="true">
        {done ? <Icon of={Check} size={16} /> : number}
      </span>
      <span className="grow">
        <span className="strong stacked">{title}</span>
        <span className="small">{text}</span>
        {done && <span className="for-ears">{t('home.step.done')}</span>}
      </span>
      {!done && (
        <span className="faint">
          <Icon of={ChevronRight} />
        </span>
      )}
    </>
  )
  const state = done ? '' : undefined
  return (
    <li>
      {to ? (
        <Link className="step" to={to} data-done={state}>
          {inside}
        </Link>
      ) : (
        <button className="step" type="button" data-done={state} onClick={onClick}>
          {inside}
        </button>
      )}
    </li>
  )
}
