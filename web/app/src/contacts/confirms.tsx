import type { Account, ContactBook } from '@madang/client'
import { Confirm } from '../components/index.ts'
import { t } from '../i18n/index.ts'
import { attempt } from './use-contacts.ts'

interface Props {
  account: Account
  book: ContactBook
  onClose: () => void
}

export function RemoveConfirm({ account, book, onClose }: Props) {
  const name = account.display_name
  return <Confirm title={t('contacts.remove_ask', { name })} text={t('contacts.remove_text')} confirm={t('contacts.remove')} danger onClose={onClose} onConfirm={() => attempt(book.remove(account.id))} />
}

export function BlockConfirm({ account, book, onClose }: Props) {
  const name = account.display_name
  return <Confirm title={t('contacts.block_ask', { name })} text={t('contacts.block_text')} confirm={t('contacts.block')} danger onClose={onClose} onConfirm={() => attempt(book.block(account.id))} />
}
