import type { Contact, Notification } from '@madang/client'
import { act, fireEvent, screen, within } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { account, conversation, fakeMadang } from '../../tests/fake-madang.ts'
import { renderWith } from '../../tests/render.tsx'
import { $path } from '../app/router.ts'
import { chooseLanguage } from '../i18n/index.ts'
import NotificationsPage from './NotificationsPage.tsx'

const ben = account(1, 'ben')
const me = account(6, 'doyun')
const room = conversation(4, { title: 'Design room' })
const note = (facts: Partial<Notification>): Notification => ({ id: 1, seq: 1, type: 'mention', group: 'conversation:4', title: '', body: '@doyun look', url: '/c/4/m/9', created_at: Date.now(), count: 1, data: {}, actor_id: 1, conversation_id: 4, message_seq: 9, ...facts })

async function show(notifications: Notification[], contacts?: Contact[]) {
  const fake = fakeMadang({ accounts: [me, ben], meId: 6, conversations: [room], notifications, contacts })
  await act(() => Promise.resolve(renderWith(fake.madang, <NotificationsPage />)))
  return fake
}

const told = () => screen.getAllByRole('link').map((link) => link.querySelector('.what')?.textContent)

// What stands for several: by one person alone, by several, and in a direct conversation.
const once = { actor_ids: [1], actor_count: 1 }
const three = { actor_ids: [1, 2, 3], actor_count: 3 }
const direct = { conversation_id: 5, count: 2 }
const reported = { kind: 'report', author_name: 'cleo', reason: 'rude' }
const read = { read_at: Date.now() }
const folded = [
  note({ ...read, type: 'reaction', data: { emoji: '👍', ...once } }),
  note({ ...read, id: 2, type: 'reaction', count: 2, data: { emoji: '👍', ...once } }),
  note({ ...read, id: 3, type: 'reaction', count: 2, data: { emoji: '👍', actor_count: 2 } }),
  note({ ...read, id: 4, type: 'reaction', count: 5, data: { emoji: '👍', ...three } }),
  note({ ...read, id: 5, type: 'reaction', count: 40, data: { emoji: '👍', actor_count: 20 } }),
  note({ ...read, id: 6, type: 'reaction', ...direct, data: { emoji: '👍', ...once } }),
  note({ ...read, id: 7, type: 'reply', ...direct, data: once }),
  note({ ...read, id: 8, type: 'mention', ...direct, data: once }),
  note({ ...read, id: 9, type: 'contact_accepted', count: 3, data: three }),
  note({ ...read, id: 10, type: 'system', data: { ...reported, ...once } }),
  note({ ...read, id: 11, type: 'system', count: 2, data: { ...reported, ...once, reasons: ['rude', 'an advertisement'] } }),
  note({ ...read, id: 12, type: 'system', count: 4, data: { ...reported, ...three, reasons: ['rude', 'an advertisement'] } }),
]

afterEach(() => chooseLanguage('en'))

test('what several people did names the last of them and counts the others', async () => {
  await show(folded)
  expect(told()).toEqual([
    'ben reacted 👍 in Design room',
    'ben reacted 2 times in Design room',
    'ben and 1 other reacted in Design room',
    'ben and 2 others reacted in Design room',
    'ben and 19+ others reacted in Design room',
    'ben reacted 2 times',
    'ben replied to you 2 times',
    'ben mentioned you 2 times',
    'ben and 2 others accepted your request',
    'ben reported a message of cleo: rude',
    'ben reported a message of cleo 2 times: rude · an advertisement',
    'ben and 2 others reported a message of cleo: rude · an advertisement',
  ])
})

test('and so it does in Korean', async () => {
  await chooseLanguage('ko')
  await show(folded)
  expect(told()).toEqual([
    'ben님이 Design room에서 👍 공감을 남겼어요',
    'ben님이 Design room에서 공감을 2번 남겼어요',
    'ben님 외 1명이 Design room에서 공감을 남겼어요',
    'ben님 외 2명이 Design room에서 공감을 남겼어요',
    'ben님 외 19+명이 Design room에서 공감을 남겼어요',
    'ben님이 공감을 2번 남겼어요',
    'ben님이 2번 답장했어요',
    'ben님이 나를 2번 불렀어요',
    'ben님 외 2명이 친구 요청을 수락했어요',
    'ben님이 cleo님의 메시지를 신고했어요: rude',
    'ben님이 cleo님의 메시지를 2번 신고했어요: rude · an advertisement',
    'ben님 외 2명이 cleo님의 메시지를 신고했어요: rude · an advertisement',
  ])
})

test('says who did what where, and a folded row how often', async () => {
  await show([note({}), note({ id: 2, count: 3 }), note({ id: 3, type: 'invitation', body: '' })])
  expect(told()).toEqual([
    'Unread: ben mentioned you in Design room',
    'Unread: 3 mentions of you in Design room, the last by ben',
    'Unread: ben invited you to Design room',
  ])
})

test('opening one goes to the message and reads its group', async () => {
  const { calls } = await show([note({})])
  fireEvent.click(screen.getByRole('link'))
  expect($path.get()).toBe('/c/4/m/9')
  expect(calls.at(-1)).toEqual(['markRead', { group: 'conversation:4' }])
})

test('one row or all can be marked read, and rows put away', async () => {
  const { calls } = await show([note({})])
  fireEvent.click(screen.getByRole('button', { name: 'Mark as read' }))
  expect(calls.at(-1)).toEqual(['markRead', { ids: [1] }])
  fireEvent.click(screen.getByRole('button', { name: 'Mark all as read' }))
  expect(calls.at(-1)).toEqual(['markRead', { all: true }])
  fireEvent.click(screen.getByRole('button', { name: 'Archive' }))
  expect(calls.at(-1)).toEqual(['archive', { ids: [1] }])
})

test('the focus goes to what takes the place of its button, and with its row to the same button of the next one', async () => {
  const request = note({ type: 'contact_request', actor_id: 1, conversation_id: undefined })
  const { items, contacts } = await show([request, note({ id: 2 }), note({ id: 3, read_at: 9 })], [{ account: ben, relation: 'received', since: 1 }])
  const inRow = (at: number, name: string) => within(screen.getAllByRole('listitem')[at]!).getByRole('button', { name })
  const change = (one: Notification) => act(() => Promise.resolve(items.set(items.get()?.map((other) => (other.id === one.id ? one : other)))))
  const accept = await screen.findByRole('button', { name: 'Accept' })
  accept.focus()
  await act(() => Promise.resolve(contacts.set(new Map([[1, { account: ben, relation: 'contact', since: 1 }]]))))
  expect(document.activeElement).toBe(inRow(0, 'Mark as read'))
  await change({ ...request, read_at: 9 })
  expect(document.activeElement).toBe(inRow(0, 'Archive'))
  await change({ ...request, read_at: 9, archived_at: 9 })
  expect(screen.getAllByRole('listitem')).toHaveLength(2)
  expect(document.activeElement).toBe(inRow(0, 'Archive'))
  await act(() => Promise.resolve(items.set([])))
  expect(document.activeElement).toBe(screen.getByRole('heading', { name: 'Notifications' }))
})

test('an empty inbox says that nothing calls', async () => {
  await show([])
  expect(screen.getByText('Nothing calls for you.')).toBeTruthy()
})
