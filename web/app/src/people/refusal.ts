import { MadangError, type Madang } from '@madang/client'
import { errorText } from '../i18n/errors.ts'
import { t } from '../i18n/index.ts'
import '../i18n/later.ts'

/** Why no conversation with somebody was opened: where people write to their contacts, that they are none is mostly it. */
export function refusalText(madang: Madang, name: string, reason: unknown): string {
  const onlyContacts = madang.server.get()?.direct_messages === 'contacts'
  const isForbidden = reason instanceof MadangError && reason.code === 'forbidden'
  return onlyContacts && isForbidden ? t('contacts.closed.none', { name }) : errorText(reason)
}
