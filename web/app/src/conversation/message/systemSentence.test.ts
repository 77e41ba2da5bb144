import type { Entry } from '@madang/client'
import { expect, test } from 'vitest'
import en from '../../i18n/en.json'
import ko from '../../i18n/ko.json'
import { speak, type Catalogue } from '../../i18n/index.ts'
import { systemSentence } from './systemSentence.ts'

const names = { me: 1, actor: 'ana', other: '민지' }
const entry = (kind: Entry['kind'], actor_id: number, data: unknown): Entry => ({ conversation_id: 7, seq: 2, kind, actor_id, at: 0, data }) as Entry
const member = (account_id: number, role = 'member') => ({ account_id, role, by: 'admin' })

test.each([
  [entry('member_added', 2, member(2, 'owner')), 'ana created the group.'],
  [entry('member_added', 2, member(3)), 'ana added 민지.'],
  [entry('member_added', 2, member(1)), 'ana added you.'],
  [entry('member_added', 1, member(3)), 'You added 민지.'],
  [entry('member_removed', 2, member(2)), 'ana left.'],
  [entry('member_removed', 1, member(3)), 'You removed 민지.'],
  [entry('role_changed', 2, member(3, 'admin')), '민지 is an admin now.'],
  [entry('role_changed', 2, member(1, 'member')), 'You are no longer an admin.'],
  [entry('conversation_changed', 2, { title: 'Roof' }), 'ana named the group “Roof”.'],
  [entry('conversation_changed', 1, { description: 'x' }), 'You changed the topic.'],
])('%#: %o', (line, sentence) => {
  expect(systemSentence(line, names)).toBe(sentence)
})

test('in Korean people are 님', () => {
  speak('ko', ko)
  expect(systemSentence(entry('member_added', 2, member(3)), names)).toBe('ana님이 민지님을 초대했어요.')
  speak('en', en as unknown as Catalogue)
})
