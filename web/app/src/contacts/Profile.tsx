import type { Account, Contact } from '@madang/client'
import { useStore } from '@nanostores/react'
import { useMadang } from '../app/context.ts'
import { AccountAvatar, Button, Dialog } from '../components/index.ts'
import { presenceText } from '../conversation/useAbout.ts'
import { plainDate } from '../i18n/format.ts'
import { t } from '../i18n/index.ts'

/** A person's face, large, and since when they are a contact. */
export function Profile({ account, contact, onClose, onTalk }: { account: Account; contact: Contact | undefined; onClose: () => void; onTalk: () => void }) {
  const presence = useStore(useMadang().presenceOf(account.id))
  const since = contact?.relation === 'contact' ? contact.since : undefined
  return (
    <Dialog
      title={t('contacts.profile')}
      onClose={onClose}
      buttons={
        <>
          <Button onClick={onClose}>{t('dialog.close')}</Button>
          {contact?.relation !== 'blocked' && !account.disabled && (
            <Button
              onClick={() => {
                onClose()
                onTalk()
              }}
            >
              {t('contacts.message')}
            </Button>
          )}
        </>
      }
    >
      <div className="contact-profile">
        <AccountAvatar account={account} size={96} presence={presence?.state} />
        <bdi className="title">{account.display_name}</bdi>
        <bdi className="small">@{account.username}</bdi>
        {account.disabled && <span className="small">{t('contacts.disabled')}</span>}
        {presence && !account.disabled && <span className="small">{presenceText(presence)}</span>}
        {since !== undefined && <span className="small">{t('contacts.since', { date: plainDate(since) })}</span>}
      </div>
    </Dialog>
  )
}
