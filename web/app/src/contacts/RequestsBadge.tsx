import { Badge } from '../components/index.ts'
import { countText } from '../i18n/format.ts'
import { t } from '../i18n/index.ts'
import '../i18n/later.ts'
import { contactsOf } from './order.ts'
import { useContacts } from './use-contacts.ts'

/** How many people ask to be a contact, on the way to where they are answered. */
export default function RequestsBadge() {
  const { all } = useContacts()
  const received = all ? contactsOf(all, 'received').length : 0
  return (
    <>
      <Badge count={received} small />
      {received > 0 && <span className="for-ears">{t('contacts.requests_count', { count: countText(received) })}</span>}
    </>
  )
}
