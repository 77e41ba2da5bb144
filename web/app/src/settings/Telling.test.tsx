import type { NotificationRules } from '@madang/client'
import { act, fireEvent, screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { account, conversation, fakeMadang } from '../../tests/fake-madang.ts'
import { renderWith } from '../../tests/render.tsx'
import '../i18n/later.ts'
import { Telling } from './Telling.tsx'

const HOURS = { on: true, begin: '22:00', end: '08:00', time_zone: 'Asia/Seoul' }
const rules = (facts: Partial<NotificationRules> = {}): NotificationRules => ({ off: [], conversations: [], quiet: [], quiet_known_until: Date.now() + 1000, ...facts })

async function show(facts: Partial<NotificationRules> = {}) {
  const lunch = conversation(4, { title: 'Lunch', preferences: { notify: 'mentions', pinned: false, archived: false } })
  const fake = fakeMadang({ accounts: [account(6, 'doyun')], meId: 6, conversations: [conversation(3), lunch], rules: rules(facts) })
  await act(() => Promise.resolve(renderWith(fake.madang, <Telling />)))
  return fake.calls
}

test('a kind is turned off and on', async () => {
  const calls = await show({ off: ['reply'] })
  expect(screen.getByRole('switch', { name: 'Replies' }).getAttribute('aria-checked')).toBe('false')
  fireEvent.click(screen.getByRole('switch', { name: 'Reactions to your messages' }))
  expect(calls.at(-1)).toEqual(['setRules', { off: ['reply', 'reaction'] }])
  fireEvent.click(screen.getByRole('switch', { name: 'Replies' }))
  expect(calls.at(-1)).toEqual(['setRules', { off: [] }])
})

test('quiet hours begin with a night in one\'s own time zone', async () => {
  const calls = await show()
  fireEvent.click(screen.getByRole('switch', { name: 'Quiet hours' }))
  const time_zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  expect(calls.at(-1)).toEqual(['setRules', { quiet_hours: { ...HOURS, time_zone } }])
})

test('quiet hours are changed, but never to none', async () => {
  const calls = await show({ quiet_hours: HOURS })
  fireEvent.change(screen.getByLabelText('Until'), { target: { value: '07:30' } })
  expect(calls.at(-1)).toEqual(['setRules', { quiet_hours: { ...HOURS, end: '07:30' } }])
  const before = calls.length
  fireEvent.change(screen.getByLabelText('Until'), { target: { value: '22:00' } })
  fireEvent.change(screen.getByLabelText('From'), { target: { value: '' } })
  expect(calls.length).toBe(before)
})

test('everything is paused for hours, and the pause ended', async () => {
  const calls = await show({ muted_until: Date.now() + 600_000 })
  fireEvent.click(screen.getByRole('button', { name: /^Pause: Until/ }))
  fireEvent.click(screen.getByRole('menuitem', { name: 'End mute' }))
  expect(calls.at(-1)).toEqual(['setRules', { muted_until: 0 }])
})

test('conversations with a choice of their own are listed', async () => {
  const calls = await show()
  fireEvent.click(screen.getByRole('button', { name: 'Notifications from Lunch: Mentions only' }))
  fireEvent.click(screen.getByRole('menuitemradio', { name: 'Everything' }))
  expect(calls.at(-1)).toEqual(['setPreferences', 4, { notify: 'all' }])
  expect(screen.queryByText('Group 3')).toBeNull()
})
