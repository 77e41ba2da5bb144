import type { ConversationView } from '@madang/client'
import { useState } from 'react'
import { Button } from '../components/index.ts'
import { t } from '../i18n/index.ts'
import '../i18n/later.ts'
import { AskDialog } from './AskDialog.tsx'
import { Answer } from './ContactRow.tsx'
import { attempt, useContacts } from './use-contacts.ts'
import './contacts.css'

/** In the place of the composer, where one cannot write to somebody: why, and the way out of it. */
export default function DirectClosed({ conversation }: { conversation: ConversationView }) {
  const { book } = useContacts()
  const [asking, setAsking] = useState(false)
  const person = conversation.with
  if (!person) return null
  const name = person.display_name
  if (person.disabled) return <div className="direct-closed small">{t('contacts.closed.disabled', { name })}</div>
  return (
    <div className="direct-closed small">
      <span>{sentence(conversation, name)}</span>
      {conversation.relation === 'blocked' && (
        <Button small onClick={() => attempt(book?.unblock(person.id))}>
          {t('contacts.unblock')}
        </Button>
      )}
      {conversation.relation === 'none' && (
        <Button small onClick={() => setAsking(true)}>
          {t('contacts.ask')}
        </Button>
      )}
      {conversation.relation === 'received' && book && <Answer accountId={person.id} book={book} />}
      {asking && book && <AskDialog account={person} book={book} onClose={() => setAsking(false)} />}
    </div>
  )
}

function sentence({ relation }: ConversationView, name: string): string {
  if (relation === 'blocked') return t('contacts.closed.blocked', { name })
  if (relation === 'sent') return t('contacts.closed.sent', { name })
  return relation === 'received' ? t('contacts.closed.received', { name }) : t('contacts.closed.none', { name })
}
