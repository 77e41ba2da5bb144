import { act, fireEvent, screen, within } from '@testing-library/react'
import axe from 'axe-core'
import { beforeEach, expect, test } from 'vitest'
import { account, conversation, fakeMadang } from '../../tests/fake-madang.ts'
import { renderWith } from '../../tests/render.tsx'
import { $path, navigate } from '../app/router.ts'
import { $window } from '../app/windows.ts'
import { Sidebar } from './Sidebar.tsx'

const me = account(6, 'doyun')
const ana = account(2, 'ana')
const room = conversation(4, { title: 'Design room', preferences: { notify: 'all', pinned: true, archived: false } })
const roof = conversation(14, { title: 'Roof repair', unread: 3, mentions: 2 })
const direct = conversation(21, { with: ana, title: '', unread: 4 })

function show(conversations = [room, direct, roof]) {
  const fake = fakeMadang({ accounts: [me, ana], meId: 6, conversations, presence: { 2: 'online' }, typing: { 4: [2] } })
  return { ...fake, ...renderWith(fake.madang, <Sidebar />) }
}

beforeEach(() => {
  navigate('/c', { replace: true })
})

test('rows say what they show: name, presence, counts, who types', () => {
  show()
  expect(screen.getByRole('link', { name: 'Design room, ana is typing…' })).toBeTruthy()
  expect(screen.getByRole('link', { name: 'ana, Online, 4 unread, No messages yet' })).toBeTruthy()
  expect(screen.getByRole('link', { name: 'Roof repair, 3 unread, 2 mentions, No messages yet' }).textContent).toContain('@2')
})

test('pinned conversations stand first, under their own heading', () => {
  show()
  const lists = screen.getAllByRole('list')
  expect(within(lists[0] as HTMLElement).getAllByRole('link')).toHaveLength(1)
  expect(screen.getByRole('heading', { name: 'Pinned' })).toBeTruthy()
})

test('the open conversation is marked, and opening one changes the page', () => {
  show()
  fireEvent.click(screen.getByRole('link', { name: /^Roof repair/ }))
  expect($path.get()).toBe('/c/14')
  expect(screen.getByRole('link', { name: /^Roof repair/ }).getAttribute('aria-current')).toBe('page')
})

test('arrows move among rows, and only one row is a Tab stop', () => {
  show()
  const rows = screen.getAllByRole('link').filter((link) => link.className === 'row')
  expect(rows.filter((row) => row.tabIndex === 0)).toHaveLength(1)
  act(() => rows[0]?.focus())
  fireEvent.keyDown(rows[0] as HTMLElement, { key: 'ArrowDown' })
  expect(document.activeElement).toBe(rows[1])
  fireEvent.keyDown(rows[1] as HTMLElement, { key: 'End' })
  expect(document.activeElement).toBe(rows[2])
})

test('rows do not jump while the focus is inside the list', () => {
  const { conversations } = show([direct, roof])
  const names = () => screen.getAllByRole('link').flatMap((row) => (row.className === 'row' ? [(row.querySelector('.for-ears')?.textContent ?? '').split(',')[0]] : []))
  const first = screen.getByRole('link', { name: /^ana/ })
  act(() => first.focus())
  act(() => conversations.set([roof, direct]))
  expect(names()).toEqual(['ana', 'Roof repair'])
  act(() => first.blur())
  expect(names()).toEqual(['Roof repair', 'ana'])
})

test('chips filter, and an empty list says so', () => {
  show()
  fireEvent.click(screen.getByRole('button', { name: 'Direct' }))
  expect(screen.queryByRole('link', { name: /^Roof repair/ })).toBeNull()
  expect(screen.getByRole('link', { name: /^ana/ })).toBeTruthy()
})

test('an empty yard offers to find somebody', () => {
  show([])
  fireEvent.click(screen.getByRole('button', { name: 'Find a person' }))
  expect($window.get()).toBe('people')
})

test('axe finds nothing wrong', async () => {
  const { container } = show()
  const { violations } = await axe.run(container, { rules: { 'color-contrast': { enabled: false } } })
  expect(violations.map((one) => `${one.id}: ${one.nodes[0]?.html}`)).toEqual([])
})
