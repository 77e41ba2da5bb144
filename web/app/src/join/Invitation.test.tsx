import { MadangError, type InvitePreview } from '@madang/client'
import { act, render, screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { account, fakeMadang } from '../../tests/fake-madang.ts'
import { MadangContext } from '../app/context.ts'
import { Invitation, usePreview } from './Invitation.tsx'

const preview = (title: string): InvitePreview => ({ title, member_count: 3, invited_by: 'ana', expires_at: 1, has_picture: false })
const refusal = (code: 'not_found' | 'unavailable') => new MadangError({ code, message: code, retryable: false })

function Link({ code, who }: { code: string; who: number | undefined }) {
  return <Invitation code={code} {...usePreview(code, who)} />
}

/** Opens the link `busy`, which cannot be looked up. */
async function open() {
  const links: Record<string, InvitePreview | MadangError> = { roof: preview('Roof repair'), gone: refusal('not_found'), busy: refusal('unavailable') }
  const fake = fakeMadang({ accounts: [account(1, 'ana')], meId: 1, conversations: [] })
  fake.madang.previewInvite = (code) => {
    const found = links[code]
    return found === undefined || found instanceof Error ? Promise.reject(found ?? refusal('not_found')) : Promise.resolve(found)
  }
  const page = (code: string, who?: number) => (
    <MadangContext value={fake.madang}>
      <Link code={code} who={who} />
    </MadangContext>
  )
  const drawn = render(page('busy'))
  /** What is seen before the answer comes. */
  const turnTo = async (code: string, who?: number) => {
    drawn.rerender(page(code, who))
    const before = drawn.container.textContent
    await act(() => Promise.resolve())
    return before
  }
  await act(() => Promise.resolve())
  return { links, turnTo }
}

test('what was wrong with one link is not said of the next, nor is what it leads to shown there', async () => {
  const { turnTo } = await open()
  expect(screen.getByText(/The server is busy/)).toBeTruthy()
  expect(await turnTo('roof')).toBe('')
  expect(screen.getByText('Roof repair')).toBeTruthy()
  expect(screen.queryByText(/The server is busy/)).toBeNull()
  expect(await turnTo('gone')).toBe('')
  expect(screen.queryByText('Roof repair')).toBeNull()
  await turnTo('roof')
  expect(screen.getByText('Roof repair')).toBeTruthy()
})

test('an answer for somebody else takes the place of the one before', async () => {
  const { links, turnTo } = await open()
  links['busy'] = preview('Roof repair')
  await turnTo('busy', 2)
  expect(screen.getByText('Roof repair')).toBeTruthy()
  expect(screen.queryByText(/The server is busy/)).toBeNull()
})
