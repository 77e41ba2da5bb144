import type { Account, ConversationView, Member } from '@madang/client'
import { useStore } from '@nanostores/react'
import { Crown, Ellipsis, MessageSquare, ShieldCheck, ShieldOff, UserMinus } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useNow } from '../../app/clock.ts'
import { useMadang } from '../../app/context.ts'
import { navigate } from '../../app/router.ts'
import { conversationPath } from '../../app/routes.ts'
import { AccountAvatar, Button, Confirm, Dialog, FieldError, IconButton, Menu, SkeletonRows, statusText, TextButton, toast, type MenuItem } from '../../components/index.ts'
import { errorText } from '../../i18n/errors.ts'
import { t } from '../../i18n/index.ts'
import '../../i18n/later.ts'
import { PeopleField } from '../../people/PeopleField.tsx'
import { refusalText } from '../../people/refusal.ts'
import { isFoundBy } from '../logic/mentions.ts'
import { presenceText } from '../useAbout.ts'

const InviteLinks = lazy(() => import('./InviteLinks.tsx'))

const FIRST = 12
const RANK = { owner: 0, admin: 1, member: 2 } as const

/** Who belongs to a group: presence, role, and what an admin may do. */
export function Members({ conversation }: { conversation: ConversationView }) {
  const madang = useMadang()
  const members = useStore(madang.membersOf(conversation.id))
  const me = useStore(madang.me)
  const now = useNow()
  const [query, setQuery] = useState('')
  const [all, setAll] = useState(false)
  const [adding, setAdding] = useState(false)
  const [leaving, setLeaving] = useState<Member>()
  const [linking, setLinking] = useState(false)
  const [heir, setHeir] = useState<Member>()
  const mayInvite = conversation.dissolved_at === undefined && (conversation.rules.invite === 'member' || conversation.role !== 'member')
  const sorted = [...(members ?? [])].sort((a, b) => RANK[a.role] - RANK[b.role] || a.joined_at - b.joined_at)
  const found = query.trim() === '' ? sorted : sorted.filter((member) => isFoundBy(member.account, query.trim()))
  const shown = all || query ? found : found.slice(0, FIRST)
  const complain = (reason: unknown) => toast({ text: errorText(reason), kind: 'info' })
  return (
    <section>
      <div className="section-head">
        <h3 className="label">{t('details.members', { count: conversation.member_count })}</h3>
        {mayInvite && (
          <span className="section-actions">
            <TextButton onClick={() => setLinking(true)}>{t('details.links')}</TextButton>
            <TextButton onClick={() => setAdding(true)}>{t('details.add')}</TextButton>
          </span>
        )}
      </div>
      {sorted.length > FIRST && (
        <div className="members-find">
          <span className="input" data-kind="search">
            <input value={query} placeholder={t('details.find')} aria-label={t('details.find')} onChange={(event) => setQuery(event.target.value)} />
          </span>
        </div>
      )}
      {members === undefined ? (
        <SkeletonRows count={3} />
      ) : (
        <ul>
          {shown.map((member) => (
            <Person key={member.account.id} member={member} conversation={conversation} now={now} own={member.account.id === me?.id} onRemove={() => setLeaving(member)} onHandOver={() => setHeir(member)} onFail={complain} />
          ))}
        </ul>
      )}
      {shown.length < found.length && (
        <div className="members-all">
          <TextButton data-kind="quiet" onClick={() => setAll(true)}>
            {t('details.show_all')}
          </TextButton>
        </div>
      )}
      {adding && <AddPeople conversation={conversation} members={members ?? []} onClose={() => setAdding(false)} />}
      <Suspense fallback={null}>{linking && <InviteLinks conversation={conversation} onClose={() => setLinking(false)} />}</Suspense>
      {heir && (
        <Confirm
          title={t('details.hand_over_ask', { name: heir.account.display_name })}
          text={t('details.hand_over_text', { name: heir.account.display_name })}
          confirm={t('details.hand_over')}
          danger
          onClose={() => setHeir(undefined)}
          onConfirm={() => void madang.handOver(conversation.id, heir.account.id).catch(complain)}
        />
      )}
      {leaving && (
        <Confirm
          title={t('details.remove_ask', { name: leaving.account.display_name })}
          text={t('details.remove_text')}
          confirm={t('details.remove')}
          danger
          onClose={() => setLeaving(undefined)}
          onConfirm={() => void madang.removeMember(conversation.id, leaving.account.id).catch(complain)}
        />
      )}
    </section>
  )
}

interface PersonProps {
  member: Member
  conversation: ConversationView
  now: number
  own: boolean
  onRemove: () => void
  onHandOver: () => void
  onFail: (reason: unknown) => void
}

function Person({ member, conversation, now, own, onRemove, onHandOver, onFail }: PersonProps) {
  const madang = useMadang()
  const { account, role } = member
  const presence = useStore(madang.presenceOf(account.id))
  const ranks = RANK[conversation.role]
  const stands = conversation.dissolved_at === undefined
  const manages = stands && !own && ranks < 2 && ranks < RANK[role]
  const owns = manages && conversation.role === 'owner'
  const talk = () =>
    void madang.openDirect(account.id).then(
      (made) => navigate(conversationPath(made.id)),
      (reason: unknown) => toast({ kind: 'info', text: refusalText(madang, account.display_name, reason) }),
    )
  const items: MenuItem[] = [
    ...(account.disabled ? [] : [{ key: 'talk', label: t('details.talk'), icon: MessageSquare, onSelect: talk }]),
    ...(owns && role === 'member' ? [{ key: 'admin', label: t('details.make_admin'), icon: ShieldCheck, onSelect: () => void madang.setRole(conversation.id, account.id, 'admin').catch(onFail) }] : []),
    ...(owns && role === 'admin' ? [{ key: 'member', label: t('details.make_member'), icon: ShieldOff, onSelect: () => void madang.setRole(conversation.id, account.id, 'member').catch(onFail) }] : []),
    ...(owns ? [{ key: 'owner', label: t('details.hand_over'), icon: Crown, onSelect: onHandOver }] : []),
    ...(manages ? (['rule', { key: 'remove', label: t('details.remove'), icon: UserMinus, kind: 'danger', onSelect: onRemove }] satisfies MenuItem[]) : []),
  ]
  const label = own ? t('message.you') : role === 'member' ? '' : t(`details.role_${role}`)
  const away = presence?.state === 'offline' && presence.last_seen_at !== undefined
  const status = account.disabled ? t('contacts.disabled') : statusText(presence?.status)
  return (
    <li className="person">
      <AccountAvatar account={account} size={32} presence={presence?.state ?? 'offline'} />
      <span className="grow">
        <bdi className="cut stacked">{account.display_name}</bdi>
        {status && <span className="meta cut stacked">{status}</span>}
        <span className={away ? 'meta stacked' : 'for-ears'}>{presenceText(presence, now)}</span>
      </span>
      <span className="small">{own && role !== 'member' ? `${t(`details.role_${role}`)} · ${label}` : label}</span>
      {!own && <Menu label={account.display_name} items={items} trigger={<IconButton icon={Ellipsis} iconSize={18} label={t('details.person_more', { name: account.display_name })} />} />}
    </li>
  )
}

function AddPeople({ conversation, members, onClose }: { conversation: ConversationView; members: readonly Member[]; onClose: () => void }) {
  const madang = useMadang()
  const [people, setPeople] = useState<Account[]>([])
  const [error, setError] = useState<string>()
  const [busy, setBusy] = useState(false)
  const add = async () => {
    if (people.length === 0) return onClose()
    setBusy(true)
    try {
      await madang.addMembers(conversation.id, people.map((person) => person.id))
      onClose()
    } catch (reason) {
      setError(errorText(reason))
      setBusy(false)
    }
  }
  return (
    <Dialog
      title={t('details.add_title')}
      onClose={onClose}
      place="top"
      buttons={
        <>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button busy={busy} disabled={people.length === 0} onClick={() => void add()}>
            {t('details.add_confirm')}
          </Button>
        </>
      }
    >
      <PeopleField label={t('details.add_label')} chosen={people} without={members.map((member) => member.account.id)} onChange={setPeople} />
      {error && <FieldError>{error}</FieldError>}
    </Dialog>
  )
}
