import type { Account, Contact } from '@madang/client'
import { useStore } from '@nanostores/react'
import { Ban, Ellipsis, User, UserMinus } from 'lucide-react'
import { useState } from 'react'
import { useNow } from '../app/clock.ts'
import { useMadang } from '../app/context.ts'
import { navigate } from '../app/router.ts'
import { conversationPath } from '../app/routes.ts'
import { AccountAvatar, Button, IconButton, Menu, toast, type MenuItem } from '../components/index.ts'
import { presenceText } from '../conversation/useAbout.ts'
import { listTime } from '../i18n/format.ts'
import { t } from '../i18n/index.ts'
import { refusalText } from '../people/refusal.ts'
import { AskDialog } from './AskDialog.tsx'
import { Profile } from './Profile.tsx'
import { BlockConfirm, RemoveConfirm } from './confirms.tsx'
import { attempt, type ContactsHere } from './use-contacts.ts'

type Window = 'profile' | 'ask' | 'remove' | 'block'

export interface ContactRowProps {
  account: Account
  /** What they are to me; nothing for somebody who was just found. */
  contact: Contact | undefined
  book: ContactsHere['book']
}

/** A person with what one can do: answer, message, ask, and the rest in a menu. */
export function ContactRow({ account, contact, book }: ContactRowProps) {
  const madang = useMadang()
  const [open, setOpen] = useState<Window>()
  const relation = contact?.relation ?? 'none'
  const close = () => setOpen(undefined)
  const talk = () =>
    void madang.openDirect(account.id).then(
      (made) => navigate(conversationPath(made.id)),
      (reason: unknown) => toast({ kind: 'info', text: refusalText(madang, account.display_name, reason) }),
    )
  // One button whatever they are: it keeps the focus when that changes.
  const line = {
    none: { words: t('contacts.add'), act: () => setOpen('ask') },
    sent: { words: t('dialog.cancel'), act: () => attempt(book?.remove(account.id)) },
    received: undefined,
    contact: { words: t('contacts.message'), act: talk },
    blocked: { words: t('contacts.unblock'), act: () => attempt(book?.unblock(account.id)) },
  }[relation]
  const items: MenuItem[] = [
    { key: 'profile', label: t('contacts.profile'), icon: User, onSelect: () => setOpen('profile') },
    ...(relation === 'contact' ? [{ key: 'remove', label: t('contacts.remove'), icon: UserMinus, onSelect: () => setOpen('remove') }] : []),
    ...(relation === 'blocked' ? [] : (['rule', { key: 'block', label: t('contacts.block'), icon: Ban, kind: 'danger', onSelect: () => setOpen('block') }] satisfies MenuItem[])),
  ]
  return (
    <li className="contact">
      <Face account={account} contact={contact} />
      <span className="contact-acts">
        {line && (
          <Button small onClick={line.act}>
            {line.words}
          </Button>
        )}
        {relation === 'received' && book && <Answer accountId={account.id} book={book} />}
        <Menu label={account.display_name} items={items} trigger={<IconButton icon={Ellipsis} iconSize={18} label={t('contacts.more', { name: account.display_name })} />} />
      </span>
      {open === 'profile' && <Profile account={account} contact={contact} onClose={close} onTalk={talk} />}
      {open === 'ask' && book && <AskDialog account={account} book={book} onClose={close} />}
      {open === 'remove' && book && <RemoveConfirm account={account} book={book} onClose={close} />}
      {open === 'block' && book && <BlockConfirm account={account} book={book} onClose={close} />}
    </li>
  )
}

/** Yes and no to somebody's request. */
export function Answer({ accountId, book }: { accountId: number; book: NonNullable<ContactsHere['book']> }) {
  return (
    <>
      <Button small kind="main" onClick={() => attempt(book.answer(accountId, true))}>
        {t('contacts.accept')}
      </Button>
      <Button small onClick={() => attempt(book.answer(accountId, false))}>
        {t('contacts.decline')}
      </Button>
    </>
  )
}

/** Face and name; presence for those who may be seen, else what is known of the request. */
function Face({ account, contact }: { account: Account; contact: Contact | undefined }) {
  const relation = contact?.relation
  const presence = useStore(useMadang().presenceOf(account.id))
  const now = useNow()
  const isThere = relation === 'contact'
  return (
    <>
      <AccountAvatar account={account} size={40} presence={isThere ? (presence?.state ?? 'offline') : undefined} />
      <span className="grow contact-words">
        <span className="cut stacked">
          <bdi className="strong">{account.display_name}</bdi> <bdi className="small">@{account.username}</bdi>
        </span>
        <span className="small cut stacked" dir={contact?.note && relation === 'received' ? 'auto' : undefined}>
          {isThere && presenceText(presence, now)}
          {relation === 'received' && (contact?.note ? t('contacts.note', { text: contact.note }) : t('contacts.asks', { time: listTime(contact?.since ?? 0) }))}
          {relation === 'sent' && t('contacts.waiting', { time: listTime(contact?.since ?? 0) })}
          {relation === 'blocked' && t('contacts.blocked_since', { time: listTime(contact?.since ?? 0) })}
        </span>
      </span>
    </>
  )
}
