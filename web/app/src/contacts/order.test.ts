import type { Contact } from '@madang/client'
import { expect, test } from 'vitest'
import { account } from '../../tests/fake-madang.ts'
import { contactsOf } from './order.ts'

const all = new Map(
  ([[1, 'Ben', 'contact', 5], [2, 'ana', 'contact', 3], [3, '김민준', 'contact', 9], [4, 'cleo', 'sent', 1]] as const).map(([id, name, relation, since]): [number, Contact] => [
    id,
    { account: account(id, name), relation, since },
  ]),
)

test('people stand by name, or the latest first', () => {
  expect(contactsOf(all, 'contact', 'name').map((one) => one.account.display_name)).toEqual(['ana', 'Ben', '김민준'])
  expect(contactsOf(all, 'contact', 'latest').map((one) => one.account.id)).toEqual([3, 1, 2])
  expect(contactsOf(all, 'sent').map((one) => one.account.id)).toEqual([4])
})
