import type { Entry, Message } from '@madang/client'
import { expect, test } from 'vitest'
import { account, conversation, fakeMadang } from '../../tests/fake-madang.ts'
import { calling } from './notices.ts'

const { madang } = fakeMadang({ accounts: [account(6, 'doyun'), account(2, 'ana')], meId: 6, conversations: [] })

const said = (facts: Partial<Message>): Entry => {
  const data: Message = { conversation_id: 4, seq: 9, client_id: 'abcdefgh', sender_id: 2, sent_at: 1, text: 'hello', attachments: [], mentions: [], reactions: [], ...facts }
  return { conversation_id: 4, seq: 9, kind: 'message_created', actor_id: data.sender_id, at: 1, data }
}
const room = (notify: 'all' | 'mentions' | 'nothing', muted_until?: number) =>
  conversation(4, { preferences: { notify, pinned: false, archived: false, ...(muted_until ? { muted_until } : {}) } })

test.each([
  ['somebody else, everything wanted', said({}), room('all'), true],
  ['oneself', said({ sender_id: 6 }), room('all'), false],
  ['only mentions wanted', said({}), room('mentions'), false],
  ['a mention, only mentions wanted', said({ mentions: [6] }), room('mentions'), true],
  ['everybody called', said({ mentions: ['all'] }), room('mentions'), true],
  ['a mention of another', said({ mentions: [7] }), room('mentions'), false],
  ['nothing wanted', said({ mentions: [6] }), room('nothing'), false],
  ['muted', said({ mentions: [6] }), room('all', Date.now() + 60_000), false],
])('a notice for %s', (_what, entry, where, calls) => {
  expect(calling(madang, entry, where) !== undefined).toBe(calls)
})
