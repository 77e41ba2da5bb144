import type { Presence } from '@madang/client'
import { act, screen } from '@testing-library/react'
import { atom } from 'nanostores'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { account, conversation, fakeMadang } from '../../tests/fake-madang.ts'
import { renderWith } from '../../tests/render.tsx'
import { useAbout } from './useAbout.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('how long ago somebody was here moves on while one looks', () => {
  const [ana, ben] = [account(1, 'ana'), account(2, 'ben')]
  const talk = conversation(9, { with: ben })
  const { madang } = fakeMadang({ accounts: [ana, ben], meId: 1, conversations: [talk] })
  const presence = atom<Presence | undefined>({ account_id: 2, state: 'offline', last_seen_at: Date.now() })
  const Line = () => <p role="note">{useAbout(talk)}</p>
  renderWith({ ...madang, presenceOf: () => presence }, <Line />)
  const line = () => screen.getByRole('note').textContent
  expect(line()).toBe('Last seen just now')
  for (let minutes = 0; minutes < 3; minutes++) act(() => void vi.advanceTimersByTime(60_000))
  expect(line()).toBe('Last seen 3 minutes ago')
  act(() => presence.set({ account_id: 2, state: 'offline' }))
  expect(line()).toBe('Offline')
})
