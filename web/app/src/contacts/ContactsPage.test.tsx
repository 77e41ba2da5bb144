import type { Account, Contact } from '@madang/client'
import { act, fireEvent, screen, within } from '@testing-library/react'
import { beforeEach, expect, test } from 'vitest'
import { account, conversation, fakeMadang } from '../../tests/fake-madang.ts'
import { renderWith } from '../../tests/render.tsx'
import { $path, navigate } from '../app/router.ts'
import ContactsPage from './ContactsPage.tsx'

const [me, ana, ben, cleo, dana, eun] = ['me', 'ana', 'ben', 'cleo', 'dana', 'eun'].map((name, at) => account(at + 1, name)) as [Account, Account, Account, Account, Account, Account]
const since = Date.now() - 1000
const contacts = [
  { account: ben, relation: 'contact', since },
  { account: ana, relation: 'contact', since: since - 9 },
  { account: cleo, relation: 'received', since, note: 'the workshop' },
  { account: dana, relation: 'sent', since },
  { account: eun, relation: 'blocked', since },
] as Contact[]

async function show(given = contacts) {
  const fake = fakeMadang({ accounts: [me, ana, ben, cleo, dana, eun] as never, meId: 1, conversations: [conversation(9)], contacts: given })
  await act(() => Promise.resolve(renderWith(fake.madang, <ContactsPage />)))
  return fake
}

const names = (region: string) => within(screen.getByRole('region', { name: region })).getAllByRole('listitem').map((row) => row.querySelector('.strong')?.textContent)
const press = (name: string) => act(() => Promise.resolve(fireEvent.click(screen.getByRole('button', { name }))))

beforeEach(() => navigate('/contacts', { replace: true }))

test('requests stand above people, who stand by name', async () => {
  await show()
  expect(names('Requests to you')).toEqual(['cleo'])
  expect(screen.getByText('“the workshop”')).toBeTruthy()
  expect(names('Sent by you')).toEqual(['dana'])
  expect(names('People (2)')).toEqual(['ana', 'ben'])
  expect(screen.queryByText('eun')).toBeNull()
})

test('a request is answered, taken back, and a block ended', async () => {
  const { calls } = await show()
  await press('Accept')
  await press('Decline')
  await press('Cancel')
  await press('Blocked')
  await press('Unblock')
  expect(calls.filter(([name]) => name !== 'loadContacts')).toEqual([['answer', 4, true], ['answer', 4, false], ['removeContact', 5], ['unblock', 6]])
})

test('Message opens the conversation', async () => {
  await show([contacts[0] as Contact])
  await press('Message')
  expect($path.get()).toBe('/c/9')
})

test('blocking asks first', async () => {
  const { calls } = await show([contacts[0] as Contact])
  await press('More about ben')
  fireEvent.click(screen.getByRole('menuitem', { name: 'Block', hidden: true }))
  expect(calls.some(([name]) => name === 'block')).toBe(false)
  const sure = screen.getByRole('dialog', { name: 'Block ben?', hidden: true })
  await act(() => Promise.resolve(fireEvent.click(within(sure).getByRole('button', { name: 'Block', hidden: true }))))
  expect(calls.at(-1)).toEqual(['block', 3])
})

test('nobody yet is said', async () => {
  await show([])
  expect(screen.getByText('No contacts yet. Find a person.')).toBeTruthy()
})

test('with its row the focus goes to the same button of the next one, and to the title when none is left', async () => {
  const asked = [ana, ben, cleo].map((one, at): Contact => ({ account: one, relation: 'received', since: since - at }))
  const { contacts: all } = await show(asked)
  const become = (one: Account, relation: Contact['relation']) => act(() => Promise.resolve(all.set(new Map(all.get()).set(one.id, { account: one, relation, since }))))
  const decline = (name: string) => within(screen.getByText(name).closest('li') as HTMLElement).getByRole('button', { name: 'Decline' })
  decline('ben').focus()
  await become(ben, 'none')
  expect(document.activeElement).toBe(decline('cleo'))
  await become(cleo, 'contact')
  expect(document.activeElement).toBe(decline('ana'))
  await become(ana, 'none')
  expect(document.activeElement).toBe(screen.getByRole('heading', { name: 'Contacts' }))
})

test('who was found keeps the focus while they become something else', async () => {
  const { contacts: all } = await show([{ account: cleo, relation: 'received', since }])
  fireEvent.change(screen.getByLabelText('Find by name or @username'), { target: { value: 'cleo' } })
  const accept = await screen.findByRole('button', { name: 'Accept' })
  accept.focus()
  await act(() => Promise.resolve(all.set(new Map([[cleo.id, { account: cleo, relation: 'contact', since }]]))))
  expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Message' }))
})

test('whoever looks elsewhere keeps the focus there', async () => {
  const { contacts: all } = await show()
  screen.getByRole('button', { name: 'Accept' }).focus()
  screen.getByRole('button', { name: 'Blocked' }).focus()
  act(() => all.set(new Map()))
  expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Blocked' }))
})
