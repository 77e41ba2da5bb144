import '../i18n/later.ts'
import { Answer } from './ContactRow.tsx'
import { useContacts } from './use-contacts.ts'
import './contacts.css'

/** Under a request in the inbox, as long as it waits for an answer. */
export default function NoteAnswer({ accountId }: { accountId: number }) {
  const { book, all, failed } = useContacts()
  // Its room is kept until one knows, so that nothing moves.
  if (!all && !failed) return <span className="note-answer" />
  if (!book || all?.get(accountId)?.relation !== 'received') return null
  return (
    <span className="note-answer">
      <Answer accountId={accountId} book={book} />
    </span>
  )
}
