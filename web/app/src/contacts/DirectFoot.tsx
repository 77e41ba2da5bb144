import type { ConversationView } from '@madang/client'
import { Ban, UserCheck, UserMinus, UserPlus } from 'lucide-react'
import { useState } from 'react'
import { Icon } from '../components/index.ts'
import { t } from '../i18n/index.ts'
import '../i18n/later.ts'
import { AskDialog } from './AskDialog.tsx'
import { BlockConfirm, RemoveConfirm } from './confirms.tsx'
import { attempt, useContacts } from './use-contacts.ts'

/** At the foot of a direct conversation's details: contact or not, and the block. */
export default function DirectFoot({ conversation }: { conversation: ConversationView }) {
  const { book } = useContacts()
  const [open, setOpen] = useState<'ask' | 'remove' | 'block'>()
  const person = conversation.with
  if (!person) return null
  const { relation = 'none' } = conversation
  const close = () => setOpen(undefined)
  const lines = {
    none: { icon: UserPlus, words: t('contacts.add_long'), act: () => setOpen('ask') },
    sent: { icon: UserMinus, words: t('contacts.take_back'), act: () => attempt(book?.remove(person.id)) },
    received: { icon: UserCheck, words: t('contacts.accept_long'), act: () => attempt(book?.answer(person.id, true)) },
    contact: { icon: UserMinus, words: t('contacts.remove'), act: () => setOpen('remove') },
    blocked: undefined,
  }
  // Nobody is there who would answer; what there is can still be ended.
  const line = person.disabled && (relation === 'none' || relation === 'received') ? undefined : lines[relation]
  return (
    <div className="details-foot">
      {line && (
        <button type="button" className="setting" onClick={line.act}>
          <Icon of={line.icon} />
          {line.words}
        </button>
      )}
      {relation === 'blocked' ? (
        <button type="button" className="setting" onClick={() => attempt(book?.unblock(person.id))}>
          <Icon of={Ban} />
          {t('contacts.unblock')}
        </button>
      ) : (
        <button type="button" className="setting" data-kind="danger" onClick={() => setOpen('block')}>
          <Icon of={Ban} />
          {t('contacts.block')}
        </button>
      )}
      {open === 'ask' && book && <AskDialog account={person} book={book} onClose={close} />}
      {open === 'remove' && book && <RemoveConfirm account={person} book={book} onClose={close} />}
      {open === 'block' && book && <BlockConfirm account={person} book={book} onClose={close} />}
    </div>
  )
}
