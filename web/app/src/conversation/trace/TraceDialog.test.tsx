import { MadangError, type Trace, type TraceMember } from '@madang/client'
import { act, fireEvent, render, screen, within } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { account, fakeMadang } from '../../../tests/fake-madang.ts'
import { MadangContext } from '../../app/context.ts'
import { ana, ben, doyun, message, noon } from '../testing.tsx'
import TraceDialog from './TraceDialog.tsx'

const member = (who = ana, more: Partial<TraceMember> = {}): TraceMember => ({ account: who, read: false, received: false, ...more })

function found(more: Partial<Trace> = {}): Trace {
  return {
    conversation_id: 7,
    seq: 4,
    sender_id: doyun.id,
    as_admin: false,
    stored: { at: noon },
    sent: { everywhere: true },
    people: 2,
    received: 1,
    read: 0,
    members: [member(ana, { received: true }), member(ben)],
    ...more,
  }
}

async function open(traces: (Trace | MadangError)[], own = true) {
  const fake = fakeMadang({ accounts: [doyun, ana, ben], meId: doyun.id, conversations: [], traces })
  render(
    <MadangContext value={fake.madang}>
      <TraceDialog message={message(4, doyun.id, '감나무')} own={own} onClose={() => undefined} />
    </MadangContext>,
  )
  await act(() => Promise.resolve())
  return fake
}

const steps = () => within(document.querySelector<HTMLElement>('.trace-steps')!).getAllByRole('listitem', { hidden: true }).map((step) => [step.dataset.state, step.textContent])
const people = () => [...document.querySelectorAll('.trace-people > li')].map((line) => line.textContent)

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

test('each step says how far the message has come, and each person what they have', async () => {
  await open([found()])
  expect(screen.getByText('Where is my message?')).toBeTruthy()
  expect(steps().slice(1)).toEqual([
    ['done', 'SentHanded to every connected device'],
    ['part', 'Received1 of 2 people'],
    ['open', 'ReadNobody yet'],
  ])
  expect(people()[0]).toContain('Received')
  expect(people()[1]).toContain('Not yet')
})

test('it looks again until everybody has read it', async () => {
  const done = found({ received: 2, read: 2, members: [member(ana, { received: true, read: true }), member(ben, { received: true, read: true })] })
  const fake = await open([found({ sent: { everywhere: false } }), found(), done])
  expect(steps()[1]).toEqual(['open', 'SentOn its way to the connected devices'])
  await act(() => vi.advanceTimersByTimeAsync(6500))
  expect(steps().map(([state]) => state)).toEqual(['done', 'done', 'done', 'done'])
  expect(steps()[3]).toEqual(['done', 'ReadEverybody'])
  await act(() => vi.advanceTimersByTimeAsync(20_000))
  expect(fake.calls.filter(([name]) => name === 'trace')).toHaveLength(3)
})

test('where receipts are not shown it says so', async () => {
  const { received: _received, read: _read, members: _members, ...large } = found({ people: 40 })
  await open([large])
  expect(steps()).toHaveLength(2)
  expect(screen.getByText(/more than 20 people/)).toBeTruthy()
})

test('what cannot be looked up can be tried again', async () => {
  await open([new MadangError({ code: 'unavailable', message: 'no', retryable: true }), found()])
  expect(document.querySelector('.trace-steps')).toBeNull()
  await act(async () => {
    fireEvent.click(screen.getByText('Try again'))
    await Promise.resolve()
  })
  expect(steps()).toHaveLength(4)
})

test('an admin sees the workers, who is here, and why somebody was not told; page by page', async () => {
  const cleo = account(9, 'cleo')
  const first = found({
    as_admin: true,
    stored: { at: noon, position: 4023 },
    sent: { everywhere: false, workers: [{ name: 'w1', sent: true }, { name: 'w2', sent: false }, { name: 'w3', sent: false, silent_s: 9 }] },
    people: 3,
    members: [
      member(ana, { presence: 'online', devices: 2, notified: { state: 'unread', type: 'mention' } }),
      member(ben, { presence: 'offline', devices: 0, notified: { state: 'none', reason: 'muted' } }),
    ],
    cursor: 'next',
  })
  const fake = await open([first, found({ members: [member(cleo)], people: 3 })], false)
  expect(screen.getByText('Where is this message?')).toBeTruthy()
  expect(steps()[0]?.[1]).toContain('Entry 4 of the conversation, 4,023 of the server')
  expect(steps()[1]?.[1]).toContain('w1: handed outw2: not yetw3: not heard for 9 s')
  expect(people()[0]).toMatch(/Online · 2 devices.*Notification unread/)
  expect(people()[1]).toMatch(/Offline.*No notification: muted/)
  await act(async () => {
    fireEvent.click(screen.getByText('Show more'))
    await Promise.resolve()
  })
  expect(fake.calls.at(-1)).toEqual(['trace', 7, 4, 'next'])
  expect(people()).toHaveLength(3)
})
