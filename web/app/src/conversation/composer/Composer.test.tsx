import type { Member } from '@madang/client'
import { act, fireEvent, screen, waitFor } from '@testing-library/react'
import type { WritableAtom } from 'nanostores'
import { createRef } from 'react'
import { beforeEach, expect, test, vi } from 'vitest'
import { ana, doyun, group, madangWith, message, renderInConversation } from '../testing.tsx'
import { $attached } from './attachments.ts'
import { Composer, type ComposerHandle } from './Composer.tsx'

beforeEach(() => {
  localStorage.clear()
  $attached.set({})
})

function show(view = group(), lastOwn = message(4, doyun.id, '저는 조금 늦어요.')) {
  const handle = createRef<ComposerHandle>()
  const onSend = vi.fn()
  const fake = madangWith([], view)
  const drawn = renderInConversation(
    <Composer conversation={view} me={doyun.id} handle={handle} messageAt={() => lastOwn} lastOwn={() => lastOwn} onSend={onSend} onJump={vi.fn()} onLeaveUp={vi.fn()} />,
    fake,
  )
  const field = drawn.container.querySelector('textarea')!
  const type = (text: string) => {
    field.value = text
    fireEvent.input(field)
  }
  const enter = () => {
    fireEvent.keyDown(field, { key: 'Enter', code: 'Enter', keyCode: 13 })
    act(() => void field.dispatchEvent(new InputEvent('beforeinput', { inputType: 'insertLineBreak', cancelable: true, bubbles: true })))
  }
  return { ...drawn, field, type, enter, handle, onSend }
}
const sends = (calls: [string, ...unknown[]][]) => calls.filter(([name]) => name === 'send').map((call) => call[2])

test('Enter sends what was written and empties the field', () => {
  const { field, type, enter, calls, onSend } = show()
  type('안녕하세요')
  enter()
  expect(sends(calls)).toEqual([{ text: '안녕하세요' }])
  expect(field.value).toBe('')
  expect(onSend).toHaveBeenCalledOnce()
})

test('nothing is sent from an empty field', () => {
  const { type, enter, calls } = show()
  type('   ')
  enter()
  expect(sends(calls)).toEqual([])
})

test('while an input method composes the field is left alone', () => {
  const { field, type, enter, calls } = show()
  fireEvent.compositionStart(field)
  type('안녕')
  fireEvent.keyDown(field, { key: 'Process', code: 'Enter', keyCode: 229 })
  expect([sends(calls), field.value]).toEqual([[], '안녕'])
  fireEvent.compositionEnd(field, { data: '안녕' })
  enter()
  expect(sends(calls)).toEqual([{ text: '안녕' }])
})

test('Up in an empty field edits the last own message; Escape gives it back', () => {
  const { field, type, enter, calls, handle } = show()
  fireEvent.keyDown(field, { key: 'ArrowUp', code: 'ArrowUp' })
  expect(field.value).toBe('저는 조금 늦어요.')
  expect(screen.getByText('Edit message')).toBeTruthy()
  act(() => void handle.current?.escape())
  expect(field.value).toBe('')
  fireEvent.keyDown(field, { key: 'ArrowUp', code: 'ArrowUp' })
  type('저는 곧 가요.')
  enter()
  expect(calls.find(([name]) => name === 'edit')).toEqual(['edit', 7, 4, '저는 곧 가요.'])
  expect(sends(calls)).toEqual([])
})

test('an answer goes with the message it answers, once', () => {
  const { type, enter, calls, handle } = show()
  const asked = message(3, 2, 'shall we?')
  act(() => handle.current?.reply(asked))
  type('yes')
  enter()
  type('and now')
  enter()
  expect(sends(calls)).toEqual([{ text: 'yes', reply_to: asked }, { text: 'and now' }])
})

test('what is written survives, and is forgotten when it is sent', () => {
  const first = show()
  first.type('내일까지 보낼게요')
  first.unmount()
  const second = show()
  expect(second.field.value).toBe('내일까지 보낼게요')
  second.enter()
  second.unmount()
  expect(show().field.value).toBe('')
})

test('emoji that are found when something else stands there are not offered', async () => {
  const { type } = show()
  type(':rock')
  type('')
  await act(() => vi.dynamicImportSettled())
  expect(screen.queryByRole('listbox')).toBeNull()
  type(':rocke')
  expect((await screen.findAllByRole('option')).map((option) => option.textContent)).toEqual([expect.stringContaining('🚀')])
})

test('somebody who is called before the members are there is offered when they are', async () => {
  const { type, madang } = show()
  const members = madang.membersOf(7) as WritableAtom<Member[] | undefined>
  members.set(undefined)
  type('@an')
  await act(() => vi.dynamicImportSettled())
  act(() => members.set([{ account: ana, role: 'member', joined_at: 1 }]))
  expect((await screen.findAllByRole('option')).map((option) => option.textContent)).toEqual([expect.stringContaining('ana')])
})

test('pasted files are attached and go with the message', async () => {
  const { field, type, enter, calls, container } = show()
  const data = { files: [new File(['x'], 'plan.pdf', { type: 'application/pdf' })], types: ['Files'] }
  fireEvent.paste(field, { clipboardData: data })
  await waitFor(() => expect(container.querySelectorAll('.attachment')).toHaveLength(1))
  type('the plan')
  enter()
  expect(sends(calls)).toMatchObject([{ text: 'the plan', uploads: [{ id: 'upload' }] }])
  expect(container.querySelectorAll('.attachment')).toHaveLength(0)
})

test('a text that is too long is counted, and not sent', () => {
  const { type, enter, calls, container } = show()
  type('가'.repeat(7_199))
  expect(container.querySelector('.counter')).toBeNull()
  type('가'.repeat(7_200))
  expect(container.querySelector('.counter')?.textContent).toBe('800')
  type('가'.repeat(8_001))
  enter()
  expect(sends(calls)).toEqual([])
  expect(screen.getByText('Send as file')).toBeTruthy()
})

test('where only admins post, a member reads', () => {
  const rules = { post: 'admin', invite: 'member', mention_all: 'member', history: 'all' } as const
  const view = group({ rules })
  const handle = createRef<ComposerHandle>()
  const { container } = renderInConversation(
    <Composer conversation={view} me={doyun.id} handle={handle} messageAt={() => undefined} lastOwn={() => undefined} onSend={vi.fn()} onJump={vi.fn()} onLeaveUp={vi.fn()} />,
    madangWith([], view),
  )
  expect(container.textContent).toBe('Only admins can post here.')
})
