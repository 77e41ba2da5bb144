import { expect, test } from 'vitest'
import { ana, doyun, group, message } from '../testing.tsx'
import { isClosed, mayEdit, mayWrite } from './rights.ts'

const onlyAdmins = { post: 'admin', invite: 'member', mention_all: 'admin', history: 'all' } as const

test('nobody writes where a group has ended, and members not where only admins do', () => {
  expect(mayWrite(group())).toBe(true)
  expect(mayWrite(group({ role: 'owner', dissolved_at: 5 }))).toBe(false)
  expect(mayWrite(group({ rules: onlyAdmins, role: 'member' }))).toBe(false)
  expect(mayWrite(group({ rules: onlyAdmins, role: 'admin' }))).toBe(true)
})

test('a block and a disabled account close a conversation, and where only contacts write being none does', () => {
  expect([isClosed(group(), true), isClosed(group({ relation: 'blocked' }), false)]).toEqual([false, true])
  expect([isClosed(group({ relation: 'none' }), false), isClosed(group({ relation: 'none' }), true), isClosed(group({ relation: 'contact' }), true)]).toEqual([false, true, false])
  expect(isClosed(group({ relation: 'contact', with: { ...ana, disabled: true } }), false)).toBe(true)
})

test('one edits one’s own words, and not what was forwarded', () => {
  expect(mayEdit(message(4, doyun.id, 'hi'), doyun.id)).toBe(true)
  expect(mayEdit(message(4, ana.id, 'hi'), doyun.id)).toBe(false)
  expect(mayEdit(message(4, doyun.id, 'hi', { forward_of: { sender_id: ana.id, sent_at: 5 } }), doyun.id)).toBe(false)
})
