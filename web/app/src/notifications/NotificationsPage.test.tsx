import type { Notification } from '@madang/client'
import { act, fireEvent, screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { account, conversation, fakeMadang } from '../../tests/fake-madang.ts'
import { renderWith } from '../../tests/render.tsx'
import { $path } from '../app/router.ts'
import NotificationsPage from './NotificationsPage.tsx'

const ben = account(1, 'ben')
const me = account(6, 'doyun')
const room = conversation(4, { title: 'Design room' })
const note = (facts: Partial<Notification>): Notification => ({ id: 1, seq: 1, type: 'mention', group: 'conversation:4', title: '', body: '@doyun look', url: '/c/4/m/9', created_at: Date.now(), count: 1, data: {}, actor_id: 1, conversation_id: 4, message_seq: 9, ...facts })

async function show(notifications: Notification[]) {
  const fake = fakeMadang({ accounts: [me, ben], meId: 6, conversations: [room], notifications })
  await act(() => Promise.resolve(renderWith(fake.madang, <NotificationsPage />)))
  return fake
}

test('says who did what where, and a folded row how often', async () => {
  await show([note({}), note({ id: 2, count: 3 }), note({ id: 3, type: 'invitation', body: '' })])
  expect(screen.getAllByRole('link').map((link) => link.querySelector('.what')?.textContent)).toEqual([
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

test('an empty inbox says that nothing calls', async () => {
  await show([])
  expect(screen.getByText('Nothing calls for you.')).toBeTruthy()
})
