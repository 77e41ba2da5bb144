import type { Entry, Message } from '@madang/client'
import { expect, test } from 'vitest'
import { account, conversation, fakeMadang } from '../../tests/fake-madang.ts'
import { calling, isWanted } from './notices.ts'

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
  ['an answer, only mentions wanted', said({ reply_to: { seq: 3, sender_id: 6, excerpt: '' } }), room('mentions'), true],
  ['nothing wanted', said({ mentions: [6] }), room('nothing'), false],
  ['muted', said({ mentions: [6] }), room('all', Date.now() + 60_000), false],
])('a notice for %s', (_what, entry, where, calls) => {
  expect(calling(madang, entry, where) !== undefined).toBe(calls)
})

const HOUR = 3_600_000
const now = Date.now()
const mention = said({ mentions: [6] }).data as Message
const nobody = said({}).data as Message
const direct = conversation(5, { with: account(2, 'ana') })
const rules = (facts: object) => ({ off: [], conversations: [], quiet: [], quiet_known_until: now + HOUR, ...facts })

test.each([
  ['no rules', {}, mention, room('all'), true],
  ['mentions off', { off: ['mention'] }, mention, room('all'), false],
  ['messages off, in a direct conversation', { off: ['message'] }, nobody, direct, false],
  ['messages off, in a group', { off: ['message'] }, nobody, room('all'), true],
  ['quiet now', { quiet: [{ begin: now - HOUR, end: now + 1 }] }, mention, room('all'), false],
  ['quiet until now', { quiet: [{ begin: now - HOUR, end: now }] }, mention, room('all'), true],
  ['quiet later', { quiet: [{ begin: now + 1, end: now + HOUR }] }, mention, room('all'), true],
] as const)('told by the rules of all devices: %s', async (_what, facts, message, where, wanted) => {
  const fake = fakeMadang({ accounts: [account(6, 'doyun')], meId: 6, conversations: [], rules: rules(facts) })
  expect(await isWanted(fake.madang, message, where, now)).toBe(wanted)
})
