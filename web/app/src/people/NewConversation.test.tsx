import { act, fireEvent, screen } from '@testing-library/react'
import { beforeEach, expect, test, vi } from 'vitest'
import { account, conversation, fakeMadang } from '../../tests/fake-madang.ts'
import { renderWith } from '../../tests/render.tsx'
import { $path, navigate } from '../app/router.ts'
import NewConversation from './NewConversation.tsx'

const people = [account(6, 'doyun'), account(2, 'ana'), account(1, 'ben')]

function show() {
  const closed = vi.fn()
  const fake = fakeMadang({ accounts: people, meId: 6, conversations: [conversation(9)] })
  renderWith(fake.madang, <NewConversation onClose={closed} />)
  return { ...fake, closed }
}

const peopleField = () => screen.getByRole('combobox', { name: 'People', hidden: true })
const choose = (name: string) => {
  fireEvent.change(peopleField(), { target: { value: name } })
  fireEvent.keyDown(peopleField(), { key: 'Enter' })
}
const submit = () => act(() => Promise.resolve(fireEvent.submit((peopleField() as HTMLInputElement).form as HTMLFormElement)))

beforeEach(() => navigate('/c', { replace: true }))

test('one person opens a direct conversation', async () => {
  const { calls, closed } = show()
  choose('ana')
  await submit()
  expect(calls.at(-1)).toEqual(['openDirect', 2])
  expect(closed).toHaveBeenCalled()
  expect($path.get()).toBe('/c/9')
})

test('several people make a group, which wants a name', async () => {
  const { calls } = show()
  choose('ana')
  choose('ben')
  await submit()
  expect(screen.getByRole('alert', { hidden: true }).textContent).toBe('Give the group a name.')
  expect(document.activeElement).toBe(screen.getByLabelText('Group name'))
  fireEvent.change(screen.getByLabelText('Group name'), { target: { value: ' Roof repair ' } })
  await submit()
  expect(calls.at(-1)).toEqual(['createGroup', 'Roof repair', [2, 1], {}])
})

test('nobody chosen is told at the field', async () => {
  const { calls } = show()
  await submit()
  expect(screen.getByRole('alert', { hidden: true }).textContent).toBe('Choose at least one person.')
  expect(calls).toEqual([])
})

test('Backspace in the empty field takes the last person back, but not while an input method composes', () => {
  show()
  choose('ana')
  fireEvent.keyDown(peopleField(), { key: 'Backspace', isComposing: true })
  expect(screen.getByRole('button', { name: 'Remove ana', hidden: true })).toBeTruthy()
  fireEvent.keyDown(peopleField(), { key: 'Backspace' })
  expect(screen.queryByRole('button', { name: 'Remove ana', hidden: true })).toBeNull()
})

test('Enter while composing takes nobody', () => {
  show()
  fireEvent.change(peopleField(), { target: { value: 'ana' } })
  fireEvent.keyDown(peopleField(), { key: 'Enter', keyCode: 229 })
  expect(screen.queryByRole('button', { name: 'Remove ana', hidden: true })).toBeNull()
})
