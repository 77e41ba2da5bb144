import type { ConnectionState } from '@madang/client'
import { act, screen } from '@testing-library/react'
import { atom } from 'nanostores'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { account, fakeMadang } from '../../tests/fake-madang.ts'
import { renderWith } from '../../tests/render.tsx'
import { ConnectionBanner } from './ConnectionBanner.tsx'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

function show(first: ConnectionState) {
  const connection = atom<ConnectionState>(first)
  const fake = fakeMadang({ accounts: [account(1, 'ana')], meId: 1, conversations: [] })
  const { container } = renderWith({ ...fake.madang, connection }, <ConnectionBanner />)
  return { calls: fake.calls, text: () => container.textContent, become: (state: ConnectionState) => act(() => connection.set(state)) }
}

const pass = (ms: number) => {
  act(() => {
    vi.advanceTimersByTime(ms)
  })
}

test('connecting is told only when it takes long', () => {
  const { text } = show({ state: 'connecting' })
  pass(1400)
  expect(text()).toBe('')
  pass(200)
  expect(text()).toBe('Connecting…')
})

test('waiting counts down and offers to try now', () => {
  const { text, calls } = show({ state: 'waiting', until: Date.now() + 4000 })
  pass(0)
  expect(text()).toBe('Reconnecting in 4 sTry now')
  pass(2000)
  expect(text()).toBe('Reconnecting in 2 sTry now')
  screen.getByRole('button', { name: 'Try now' }).click()
  expect(calls).toEqual([['reconnectNow']])
})

test('being back is told for a moment, and only after trouble', () => {
  const { text, become } = show({ state: 'online' })
  pass(100)
  expect(text()).toBe('')
  become({ state: 'offline' })
  pass(10)
  expect(text()).toBe('You are offline')
  become({ state: 'online' })
  pass(10)
  expect(text()).toBe('Online')
  pass(1600)
  expect(text()).toBe('')
})
