import type { ConversationView, Invite } from '@madang/client'
import { useStore } from '@nanostores/react'
import { Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useMadang } from '../../app/context.ts'
import { Button, Dialog, FieldError, IconButton, Segments, SkeletonRows } from '../../components/index.ts'
import { errorText } from '../../i18n/errors.ts'
import { exactTime, relativeTime } from '../../i18n/format.ts'
import { t } from '../../i18n/index.ts'
import '../../i18n/later.ts'
import { copyText } from '../soon.ts'

const TIMES = { hour: 3_600, day: 86_400, week: 604_800, month: 2_592_000 } as const
const USES = ['1', '10', '100', 'any'] as const

type Time = keyof typeof TIMES

/** Links into a group: made, copied, revoked. */
export default function InviteLinks({ conversation, onClose }: { conversation: ConversationView; onClose: () => void }) {
  const madang = useMadang()
  const [time, setTime] = useState<Time>('week')
  const [uses, setUses] = useState<(typeof USES)[number]>('any')
  const [links, setLinks] = useState<Invite[]>()
  const [made, setMade] = useState<{ id: number; address: string }>()
  const [error, setError] = useState<string>()
  const [busy, setBusy] = useState(false)
  useEffect(() => {
    madang.listInvites(conversation.id).then(setLinks, (reason: unknown) => setError(errorText(reason)))
  }, [madang, conversation.id])
  const create = async () => {
    setBusy(true)
    setError(undefined)
    try {
      const { invite, code } = await madang.createInvite(conversation.id, { good_for_s: TIMES[time], ...(uses !== 'any' && { uses: Number(uses) }) })
      setLinks((now = []) => [invite, ...now])
      setMade({ id: invite.id, address: `${location.origin}/join/${code}` })
    } catch (reason) {
      setError(errorText(reason))
    }
    setBusy(false)
  }
  const revoke = (invite: Invite) => {
    madang.revokeInvite(conversation.id, invite.id).then(
      () => {
        setLinks((now) => now?.filter((one) => one.id !== invite.id))
        setMade((now) => (now?.id === invite.id ? undefined : now))
      },
      (reason: unknown) => setError(errorText(reason)),
    )
  }
  return (
    <Dialog title={t('links.title')} onClose={onClose} place="top">
      <div className="stack invite-links">
        <p className="quiet">{t('links.text', { title: conversation.title })}</p>
        <div className="field">
          <span className="field-label">{t('links.ends')}</span>
          <Segments label={t('links.ends')} value={time} options={(Object.keys(TIMES) as Time[]).map((value) => ({ value, label: t(`links.${value}`) }))} onChange={setTime} />
        </div>
        <div className="field">
          <span className="field-label">{t('links.uses')}</span>
          <Segments label={t('links.uses')} value={uses} options={USES.map((value) => ({ value, label: value === 'any' ? t('links.no_bound') : value }))} onChange={setUses} />
        </div>
        <div className="buttons">
          <Button kind="main" busy={busy} onClick={() => void create()}>
            {t('links.create')}
          </Button>
        </div>
        {made && <NewLink address={made.address} />}
        {error && <FieldError>{error}</FieldError>}
        <h3 className="label">{t('links.standing')}</h3>
        {links === undefined ? (
          !error && <SkeletonRows count={2} />
        ) : links.length === 0 ? (
          <p className="small">{t('links.none')}</p>
        ) : (
          <ul className="links">
            {links.map((invite) => (
              <Standing key={invite.id} invite={invite} onRevoke={() => revoke(invite)} />
            ))}
          </ul>
        )}
      </div>
    </Dialog>
  )
}

function NewLink({ address }: { address: string }) {
  return (
    <div className="field" role="status">
      <span className="small">{t('links.made')}</span>
      <span className="input">
        <input readOnly value={address} aria-label={t('links.title')} onFocus={(event) => event.currentTarget.select()} />
        <IconButton icon={Copy} iconSize={18} label={t('links.copy')} onClick={() => copyText(address, 'link')} />
      </span>
    </div>
  )
}

function Standing({ invite, onRevoke }: { invite: Invite; onRevoke: () => void }) {
  const madang = useMadang()
  const me = useStore(madang.me)
  const maker = useStore(madang.accountOf(invite.created_by))
  const time = relativeTime(invite.created_at)
  const used = invite.uses_left === undefined ? t('links.used', { count: invite.used }) : t('links.used_of', { count: invite.used, most: invite.used + invite.uses_left })
  return (
    <li>
      <span className="grow">
        <bdi className="cut stacked">{invite.created_by === me?.id ? t('links.by_you', { time }) : t('links.by', { name: maker?.display_name ?? '…', time })}</bdi>
        <span className="small">{t('links.state', { used, until: t('links.until', { time: exactTime(invite.expires_at) }) })}</span>
      </span>
      <Button small aria-label={t('links.revoke_label', { time })} onClick={onRevoke}>
        {t('links.revoke')}
      </Button>
    </li>
  )
}
