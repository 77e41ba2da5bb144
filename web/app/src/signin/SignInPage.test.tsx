import { MadangError } from '@madang/client'
import { act, fireEvent, screen } from '@testing-library/react'
import { beforeEach, expect, test } from 'vitest'
import { account, fakeMadang, type FakeFacts } from '../../tests/fake-madang.ts'
import { renderWith } from '../../tests/render.tsx'
import { navigate } from '../app/router.ts'
import { SignInPage } from './SignInPage.tsx'

async function show(facts: Partial<FakeFacts> = {}) {
  const fake = fakeMadang({ accounts: [account(1, 'ana')], meId: 1, conversations: [], session: { state: 'signed-out' }, ...facts })
  await act(() => Promise.resolve(renderWith(fake.madang, <SignInPage />)))
  return fake
}

const field = (name: string) => screen.getByLabelText<HTMLInputElement>(name)
const submit = async (name: string) => {
  const form = field('Password').form as HTMLFormElement
  expect(form.querySelector('[type=submit]')?.textContent).toBe(name)
  await act(() => Promise.resolve(fireEvent.submit(form)))
}

beforeEach(() => navigate('/sign-in', { replace: true }))

test('a wrong password is told at its field, which has the focus', async () => {
  await show({ signInError: new MadangError({ code: 'unauthorized', message: 'no', retryable: false }) })
  fireEvent.change(field('Username'), { target: { value: 'ana' } })
  fireEvent.change(field('Password'), { target: { value: 'wrong password' } })
  await submit('Sign in')
  expect(screen.getByRole('alert').textContent).toBe('Wrong name or password. Try again.')
  expect(field('Password').getAttribute('aria-invalid')).toBe('true')
  expect(document.activeElement).toBe(field('Password'))
})

test('what is missing is told before anything is sent, and the first such field has the focus', async () => {
  const { calls } = await show()
  await submit('Sign in')
  expect(document.activeElement).toBe(field('Username'))
  expect(calls.map(([name]) => name)).not.toContain('signIn')
})

test('an account is created with what was typed, the name trimmed, the password not', async () => {
  navigate('/create-account', { replace: true })
  const { calls } = await show()
  fireEvent.change(field('Name'), { target: { value: ' 도윤 ' } })
  fireEvent.change(field('Username'), { target: { value: 'doyun' } })
  fireEvent.change(field('Password'), { target: { value: ' persimmon yard ' } })
  await submit('Create account')
  expect(calls.at(-1)).toEqual(['createAccount', { username: 'doyun', password: ' persimmon yard ', display_name: '도윤' }])
})

test('a server that goes by invitation asks for the code, and a closed one offers no account', async () => {
  navigate('/join/early-bird', { replace: true })
  await show({ registration: 'invitation' })
  expect(field('Invitation code').value).toBe('early-bird')
})

test('a closed server offers no account', async () => {
  await show({ registration: 'closed' })
  expect(screen.queryByRole('button', { name: 'Create account' })).toBeNull()
})
