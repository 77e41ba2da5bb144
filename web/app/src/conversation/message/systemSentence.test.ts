import type { Entry } from '@madang/client'
import { expect, test } from 'vitest'
import en from '../../i18n/en.json'
import ko from '../../i18n/ko.json'
import { speak, type Catalogue } from '../../i18n/index.ts'
import { particle } from '../../i18n/particles.ts'
import { folds } from '../logic/folding.ts'
import { systemSentence } from './systemSentence.ts'

const me = 1
const names: Record<number, string> = { 1: 'You', 2: 'ana', 3: '민지', 4: 'ben', 5: 'cleo', 6: 'dan' }
const nameOf = (id: number) => names[id] ?? '…'
const entry = (kind: Entry['kind'], actor_id: number, data: unknown): Entry => ({ conversation_id: 7, seq: 2, kind, actor_id, at: 0, data }) as Entry
const member = (account_id: number, role = 'member', by = 'admin') => ({ account_id, role, by })
const added = (actor: number, ...ids: number[]) => ids.map((id) => entry('member_added', actor, member(id)))

test.each([
  [[entry('member_added', 2, member(2, 'owner'))], 'ana created the group.'],
  [[entry('member_added', 2, member(2, 'owner')), entry('conversation_changed', 2, { description: 'x' })], 'ana created the group.'],
  [added(2, 3), 'ana added 민지.'],
  [added(2, 1), 'ana added you.'],
  [added(1, 3), 'You added 민지.'],
  [added(2, 3, 4), 'ana added 민지 and ben.'],
  [added(2, 3, 4, 5), 'ana added 민지, ben and cleo.'],
  [added(1, 3, 4, 5, 6), 'You added 민지, ben and 2 others.'],
  [[entry('member_added', 2, member(2, 'member', 'self'))], 'ana joined.'],
  [[entry('member_added', 2, member(2, 'member', 'invite'))], 'ana joined with a link.'],
  [[...added(3, 3), ...added(4, 4)], '민지 and ben joined.'],
  [[entry('member_removed', 2, member(2))], 'ana left.'],
  [[entry('member_removed', 1, member(3))], 'You removed 민지.'],
  [[entry('role_changed', 2, member(3, 'admin'))], 'ana made 민지 an admin.'],
  [[entry('role_changed', 2, member(1, 'member'))], 'ana took your admin role back.'],
  [[entry('role_changed', 1, member(3, 'owner'))], 'You handed the group over to 민지.'],
  [[entry('conversation_changed', 2, { title: 'Roof' })], 'ana named the group “Roof”.'],
  [[entry('conversation_changed', 1, { description: 'x' })], 'You changed the topic.'],
  [[entry('conversation_changed', 2, { description: '', picture_url: '' })], 'ana changed the topic. ana took the picture away.'],
  [[entry('conversation_changed', 1, { rules: { post: 'admin' } })], 'You let only admins write.'],
  [[entry('conversation_changed', 2, { rules: { history: 'joined' } })], 'ana hid earlier messages from new members.'],
  [[entry('conversation_dissolved', 2, {})], 'ana dissolved the group. It can only be read now.'],
])('%#: %o', (lines, sentence) => {
  expect(systemSentence(lines, me, nameOf)).toBe(sentence)
})

test('in Korean people are 님', () => {
  speak('ko', ko, particle)
  expect(systemSentence(added(2, 3), me, nameOf)).toBe('ana님이 민지님을 초대했어요.')
  expect(systemSentence(added(2, 3, 4), me, nameOf)).toBe('ana님이 민지님, ben님을 초대했어요.')
  expect(systemSentence(added(2, 3, 4, 5, 6), me, nameOf)).toBe('ana님이 민지님, ben님 외 2명을 초대했어요.')
  expect(systemSentence([entry('role_changed', 1, member(3, 'owner'))], me, nameOf)).toBe('내가 민지님에게 그룹을 넘겼어요.')
  speak('en', en as unknown as Catalogue)
})

test('additions fold by who added, joins whoever joins, and nothing else', () => {
  const [one, other] = added(2, 3, 4) as [Entry, Entry]
  expect(folds(one, other)).toBe(true)
  expect(folds(one, added(5, 6)[0] as Entry)).toBe(false)
  expect(folds(added(3, 3)[0] as Entry, added(4, 4)[0] as Entry)).toBe(true)
  expect(folds(one, added(4, 4)[0] as Entry)).toBe(false)
  expect(folds(entry('member_added', 2, member(2, 'owner')), one)).toBe(false)
  expect(folds(entry('member_added', 2, member(2, 'owner')), entry('conversation_changed', 2, { description: 'x' }))).toBe(true)
  expect(folds(one, entry('conversation_changed', 2, { description: 'x' }))).toBe(false)
  expect(folds(one, entry('member_removed', 2, member(3)))).toBe(false)
  expect(folds(entry('role_changed', 2, member(3, 'owner')), entry('role_changed', 2, member(2, 'admin')))).toBe(true)
  expect(folds(entry('role_changed', 2, member(3, 'admin')), entry('role_changed', 2, member(4, 'admin')))).toBe(false)
})
