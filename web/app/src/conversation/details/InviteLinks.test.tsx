import type { Invite } from '@madang/client'
import { act, fireEvent, screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { renderWith } from '../../../tests/render.tsx'
import { group, madangWith } from '../testing.tsx'
import InviteLinks from './InviteLinks.tsx'

const hour = 3_600_000
const link = (id: number): Invite => ({ id, created_by: 1, created_at: Date.now(), expires_at: Date.now() + hour, used: 0 })
const standing = () => screen.getAllByRole('button', { name: /^Revoke/ })
const press = (button: HTMLElement) => act(() => Promise.resolve(fireEvent.click(button)))

test('whoever makes a link before the others are there has all of them, and each can be revoked', async () => {
  const { madang } = madangWith([])
  let come: (links: Invite[]) => void = () => undefined
  const others = new Promise<Invite[]>((resolve) => (come = resolve))
  madang.listInvites = () => others
  madang.createInvite = async () => {
    await others
    return { invite: link(3), code: 'abcdefgh23456789' }
  }
  renderWith(madang, <InviteLinks conversation={group()} onClose={() => undefined} />)
  await press(screen.getByRole('button', { name: 'Create link' }))
  await act(() => Promise.resolve(come([link(2), link(1)])))
  expect(standing()).toHaveLength(3)

  await press(standing()[1] as HTMLElement)
  expect(standing()).toHaveLength(2)
  expect(screen.getByRole('textbox', { name: 'Invite links' })).toBeTruthy()
  await press(standing()[0] as HTMLElement)
  expect(screen.queryByRole('textbox', { name: 'Invite links' })).toBeNull()
})
