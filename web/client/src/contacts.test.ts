/** What others are to oneself: loaded once, kept current, and told to the conversation with them. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Madang } from './api.ts'
import { MemoryStorage } from './outboxDb.ts'
import { account, BEN, conversation, FakeServer } from './testing/fakeServer.ts'
import { arrive, settle } from './testing/people.ts'
import type { Contact, Relation } from './types.ts'

const DIRECT = 9

let server: FakeServer
let madang: Madang
let stored: Contact[]

const contact = (id: number, relation: Relation): Contact => ({ account: account(id), relation, since: 5 })

beforeEach(async () => {
  vi.useFakeTimers()
  server = new FakeServer()
  stored = [contact(BEN, 'contact')]
  server.instead = (command, payload) => {
    if (command === 'list_contacts') return { data: { contacts: payload['cursor'] ? stored.slice(1) : stored.slice(0, 1), ...(!payload['cursor'] && stored.length > 1 && { cursor: 'next' }) } }
    if (command === 'block') return { data: contact(payload['account_id'] as number, 'blocked') }
    return undefined
  }
  server.add(conversation(DIRECT, { kind: 'direct', with: account(BEN), relation: 'contact' }))
  madang = await arrive(server, new MemoryStorage())
})

afterEach(() => {
  madang.stop()
  vi.useRealTimers()
})

const relations = async () => [...((await madang.contacts()).all.get() ?? [])].map(([id, one]) => [id, one.relation])

function change(relation: Relation): void {
  server.account_version += 1
  server.sockets.pair.chat.deliver('contact_changed', { account_version: server.account_version, contact: contact(BEN, relation) })
}

test('all pages are loaded, once', async () => {
  stored.push(contact(7, 'received'))
  const book = await madang.contacts()
  await Promise.all([book.load(), book.load()])
  await book.load()
  expect(await relations()).toEqual([[BEN, 'contact'], [7, 'received']])
  expect(server.askedFor('list_contacts')).toHaveLength(2)
})

test('an event changes the list and the conversation with that person', async () => {
  await (await madang.contacts()).load()
  change('none')
  await settle()
  expect(await relations()).toEqual([])
  expect(madang.conversationOf(DIRECT).get()?.relation).toBe('none')
})

test('the conversation knows without anybody having looked at the list', async () => {
  change('blocked')
  await settle()
  expect(madang.conversationOf(DIRECT).get()?.relation).toBe('blocked')
})

test('what one does oneself shows at once', async () => {
  const book = await madang.contacts()
  await book.load()
  await book.block(BEN)
  expect(await relations()).toEqual([[BEN, 'blocked']])
  expect(madang.conversationOf(DIRECT).get()?.relation).toBe('blocked')
})

test('what happened while the connection was gone is loaded with the next one', async () => {
  await (await madang.contacts()).load()
  stored = [contact(BEN, 'blocked')]
  server.cut()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await relations()).toEqual([[BEN, 'blocked']])
})

test('whose account is disabled is no contact any more, and their conversation knows it', async () => {
  await (await madang.contacts()).load()
  server.account_version += 1
  const gone = { ...contact(BEN, 'contact'), account: { ...account(BEN), disabled: true } }
  server.sockets.pair.chat.deliver('contact_changed', { account_version: server.account_version, contact: gone })
  await settle()
  expect(await relations()).toEqual([])
  expect(madang.conversationOf(DIRECT).get()?.with?.disabled).toBe(true)
})
