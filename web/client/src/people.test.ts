import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Madang } from './api.ts'
import { account, ANA, BEN, conversation, FakeServer, message, YARD } from './testing/fakeServer.ts'
import { arrive, settle } from './testing/people.ts'
import type { Member } from './types.ts'

const DIRECT = 9
let server: FakeServer
let madang: Madang

beforeEach(async () => {
  vi.useFakeTimers()
  server = new FakeServer()
  server.add(conversation(YARD))
  server.add(conversation(DIRECT, { kind: 'direct', title: 'User 2', with: account(BEN) }))
  madang = await arrive(server)
})

afterEach(() => {
  madang.stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const hears = (event: string, data: unknown) => server.sockets.pair.chat.deliver(event, data)
const marks = () => madang.membersOf(YARD).get()?.map((member: Member) => member.read_seq)
const watch = async () => {
  madang.membersOf(YARD).listen(() => undefined)
  await settle()
}

test('a new name is seen wherever the person is', async () => {
  await watch()
  hears('person_changed', { account: { ...account(BEN), display_name: 'Ben B.' } })
  expect(madang.accounts.get()[BEN]?.display_name).toBe('Ben B.')
  const row = madang.conversationOf(DIRECT).get()
  expect([row?.title, row?.with?.display_name]).toEqual(['Ben B.', 'Ben B.'])
  expect(madang.membersOf(YARD).get()?.map((member) => member.account.display_name)).toEqual(['User 1', 'Ben B.'])
})

test('whoever is on the screen is asked for again after a break, the others when they come on it', async () => {
  madang.accountOf(BEN).listen(() => undefined)
  madang.accountOf(5).listen(() => undefined)()
  await vi.advanceTimersByTimeAsync(2000)
  expect(server.askedFor('get_accounts')).toEqual([{ account_ids: [5] }])
  server.rows.delete(DIRECT)
  server.cut()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(server.askedFor('get_accounts').at(-1)).toEqual({ account_ids: [BEN] })
  madang.accountOf(5).listen(() => undefined)
  await vi.advanceTimersByTimeAsync(100)
  expect(server.askedFor('get_accounts').at(-1)).toEqual({ account_ids: [5] })
})

test('marks that somebody hides are forgotten, and listed again when they are shown', async () => {
  await watch()
  hears('receipt', { conversation_id: YARD, account_id: BEN, read_seq: 3 })
  expect(marks()).toEqual([0, 3])
  hears('receipts_changed', { account_id: BEN, shown: false })
  server.say(YARD, 'what he writes says nothing of what he reads')
  expect(marks()).toEqual([0, undefined])
  const asked = server.askedFor('list_members').length
  hears('receipts_changed', { account_id: BEN, shown: true })
  await settle()
  expect(server.askedFor('list_members')).toHaveLength(asked + 1)
})

test('what one hides oneself is asked for anew', async () => {
  await watch()
  madang.presenceOf(BEN).listen(() => undefined)
  await vi.advanceTimersByTimeAsync(500)
  const before = [server.askedFor('list_members').length, server.askedFor('watch_presence').length]
  hears('account_changed', { account_version: 2, account: { ...account(ANA), hides_last_seen: true, hides_receipts: true } })
  await vi.advanceTimersByTimeAsync(500)
  expect([server.askedFor('list_members').length, server.askedFor('watch_presence').length]).toEqual(before.map((count) => count + 1))
  expect(madang.me.get()?.hides_receipts).toBe(true)
})

test('members are kept current by entries and receipts', async () => {
  const members = madang.membersOf(YARD)
  const stop = members.listen(() => undefined)
  await settle()
  server.append(YARD, 'role_changed', { account_id: BEN, role: 'admin', by: 'admin' })
  server.append(YARD, 'message_created', message(2, { sender_id: BEN }))
  expect(members.get()).toMatchObject([{ role: 'member' }, { role: 'admin', read_seq: 2 }])
  server.sockets.pair.chat.deliver('receipt', { conversation_id: YARD, account_id: BEN, read_seq: 1 })
  expect(members.get()?.[1]?.read_seq).toBe(2)
  server.sockets.pair.chat.deliver('receipt', { conversation_id: YARD, account_id: BEN, received_seq: 5 })
  expect(members.get()?.[1]).toMatchObject({ read_seq: 2, received_seq: 5 })
  server.append(YARD, 'member_removed', { account_id: BEN, role: 'member', by: 'admin' })
  expect(members.get()?.map((one) => one.account.id)).toEqual([ANA])
  stop()
})

test('marks that are heard while the members are asked for are not set back by the answer', async () => {
  const members = madang.membersOf(YARD)
  const stop = members.listen(() => undefined)
  server.sockets.pair.chat.deliver('receipt', { conversation_id: YARD, account_id: BEN, read_seq: 4 })
  server.append(YARD, 'message_created', message(1, { sender_id: ANA }))
  expect(members.get()).toBeUndefined()
  await settle()
  expect(members.get()).toMatchObject([{ read_seq: 1 }, { read_seq: 4, received_seq: 4 }])
  stop()
})

test('whoever comes or goes while the members are asked for is seen', async () => {
  const lists = [[ANA, BEN], [ANA, 5]]
  server.instead = (command) => {
    if (command !== 'list_members') return undefined
    const listed = lists.shift()
    if (lists.length > 0) {
      server.append(YARD, 'member_added', { account_id: 5, role: 'member', by: 'admin' })
      server.append(YARD, 'member_removed', { account_id: BEN, role: 'member', by: 'admin' })
    }
    return { data: { members: listed?.map((one) => ({ account: account(one), role: 'member', joined_at: 1 })) } }
  }
  await watch()
  expect(madang.membersOf(YARD).get()?.map((member) => member.account.id)).toEqual([ANA, 5])
})

test('people are asked for together, and once', async () => {
  const stops = [5, 6, 7].map((id) => madang.accountOf(id).listen(() => undefined))
  await vi.advanceTimersByTimeAsync(50)
  expect(server.askedFor('get_accounts')).toEqual([{ account_ids: [5, 6, 7] }])
  expect(madang.accountOf(6).get()?.username).toBe('user6')
  for (const stop of stops) stop()
})

test('presence is watched while somebody looks, and again after a break', async () => {
  const stop = madang.presenceOf(BEN).listen(() => undefined)
  await vi.advanceTimersByTimeAsync(300)
  expect(madang.presenceOf(BEN).get()?.state).toBe('online')
  server.cut()
  await vi.advanceTimersByTimeAsync(2000)
  expect(server.askedFor('watch_presence')).toEqual([{ account_ids: [BEN] }, { account_ids: [BEN] }])
  stop()
  await vi.advanceTimersByTimeAsync(2000)
  expect(server.askedFor('watch_presence').at(-1)).toEqual({ account_ids: [] })
})
