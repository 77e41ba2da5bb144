import type { Member } from '@madang/client'
import { act, fireEvent, screen } from '@testing-library/react'
import type { WritableAtom } from 'nanostores'
import type { ReactNode } from 'react'
import { expect, test } from 'vitest'
import { account, conversation, fakeMadang } from '../../tests/fake-madang.ts'
import { renderWith } from '../../tests/render.tsx'
import { Toasts } from '../components/index.ts'
import { Members } from '../conversation/details/Members.tsx'
import ForwardDialog from '../conversation/forward/ForwardDialog.tsx'
import { message } from '../conversation/testing.tsx'
import { Names } from '../search/Names.tsx'

const me = account(1, 'me')
const group = conversation(7)

/** Where people write to their contacts alone, and whoever has this name is none. */
function show(name: string, what: ReactNode) {
  const other = account(2, name)
  const { madang } = fakeMadang({ accounts: [me, other], meId: me.id, conversations: [group], onlyContacts: true })
  const members = madang.membersOf(group.id) as WritableAtom<Member[] | undefined>
  members.set([me, other].map((one) => ({ account: one, role: 'member', joined_at: one.id })))
  renderWith(madang, <>{what}<Toasts /></>)
}

async function press(role: string, name: RegExp) {
  const found = await screen.findByRole(role, { name, hidden: true })
  await act(() => Promise.resolve(fireEvent.click(found)))
}

const saysWhyNot = (name: string) => screen.findByText(`People here write to their contacts. ${name} is not one of yours yet.`)

test('why no conversation is opened is said where names are searched', async () => {
  show('ana', <Names query="ana" />)
  await press('button', /ana/)
  expect(await saysWhyNot('ana')).toBeTruthy()
})

test('why no conversation is opened is said among the members of a group', async () => {
  show('ben', <Members conversation={group} />)
  await press('button', /ben/)
  await press('menuitem', /Message/)
  expect(await saysWhyNot('ben')).toBeTruthy()
})

test('why no conversation is opened is said where a message is forwarded', async () => {
  show('cleo', <ForwardDialog message={message(3, me.id, 'Paper')} onClose={() => undefined} />)
  fireEvent.change(screen.getByRole('combobox', { hidden: true }), { target: { value: 'cleo' } })
  await press('option', /cleo/)
  expect(await saysWhyNot('cleo')).toBeTruthy()
})
