import { fireEvent, render, renderHook, screen } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MadangContext } from '../app/context.ts'
import { Toasts } from '../components/index.ts'
import InviteLinks from './details/InviteLinks.tsx'
import { rowsOf } from './logic/runs.ts'
import { MessageRow, type MessageRowProps } from './message/MessageRow.tsx'
import { copyText } from './soon.ts'
import { ana, doyun, group, madangWith, message, renderInConversation, sent } from './testing.tsx'
import { useMessageActions } from './useMessageActions.ts'

const CODE = 'for roof in roofs:\n    sweep(roof)'

/** What was selected each time the page asked for it to be copied. */
let copied: string[]

function browserWith({ clipboard, copies = true }: { clipboard?: { writeText: (text: string) => Promise<void> }; copies?: boolean }) {
  Object.defineProperty(navigator, 'clipboard', { value: clipboard, configurable: true })
  Object.assign(document, {
    execCommand: () => {
      const field = document.activeElement
      const dialog = document.querySelector('dialog[open]')
      const reached = field instanceof HTMLTextAreaElement && (!dialog || dialog.contains(field))
      if (reached && copies) copied.push(field.value.slice(field.selectionStart, field.selectionEnd))
      return reached && copies
    },
  })
}

beforeEach(() => {
  copied = []
  browserWith({}) // as it is over plain http
  render(<Toasts />)
})

afterEach(() => {
  document.querySelectorAll('.toast button').forEach((close) => fireEvent.click(close))
  Reflect.deleteProperty(navigator, 'clipboard')
  Reflect.deleteProperty(document, 'execCommand')
})

test('code is copied over plain http, and the focus stays where it was', async () => {
  const item = sent(message(4, ana.id, `\`\`\`python\n${CODE}\n\`\`\``)) as MessageRowProps['item']
  renderInConversation(<MessageRow row={rowsOf([item], { me: doyun.id })[0]!} item={item} flash={false} held={false} />, madangWith([item]))
  const button = await screen.findByRole('button', { name: 'Copy code' })
  button.focus()
  fireEvent.click(button)
  expect(await screen.findByText('Code copied')).toBeTruthy()
  expect(copied).toEqual([CODE])
  expect(document.activeElement).toBe(button)
  expect(document.querySelector('textarea')).toBeNull()
})

test('so are a text and the link to a message', async () => {
  const { madang } = madangWith([])
  const world = { conversation: group(), me: doyun.id, rows: [], timeline: madang.timelineOf(7).get(), openAt: undefined, composer: { current: null }, feed: { current: null }, openPicture: vi.fn() }
  const wrapper = ({ children }: { children: ReactNode }) => <MadangContext value={madang}>{children}</MadangContext>
  const { actions } = renderHook(() => useMessageActions(world), { wrapper }).result.current
  actions.copyText(message(4, ana.id, 'two\nlines'))
  expect(await screen.findByText('Text copied')).toBeTruthy()
  actions.copyLink(message(4, ana.id, 'hi'))
  expect(await screen.findByText('Link copied')).toBeTruthy()
  expect(copied).toEqual(['two\nlines', `${location.origin}/c/7/m/4`])
})

test('and a link into a group, from a dialog that lets nothing behind it be selected', async () => {
  const { madang } = madangWith([])
  render(<InviteLinks conversation={group()} onClose={vi.fn()} />, { wrapper: ({ children }) => <MadangContext value={madang}>{children}</MadangContext> })
  fireEvent.click(screen.getByRole('button', { name: 'Create link' }))
  fireEvent.click(await screen.findByRole('button', { name: 'Copy link' }))
  expect(await screen.findByText('Link copied')).toBeTruthy()
  expect(copied).toEqual([`${location.origin}/join/abcdefgh23456789`])
})

test('a browser with a clipboard uses it; one that refuses it copies what is selected', async () => {
  const writeText = vi.fn(() => Promise.resolve())
  browserWith({ clipboard: { writeText } })
  copyText('one', 'text')
  expect(await screen.findByText('Text copied')).toBeTruthy()
  expect([writeText.mock.calls, copied]).toEqual([[['one']], []])
  browserWith({ clipboard: { writeText: () => Promise.reject(new DOMException('no', 'NotAllowedError')) } })
  copyText('two', 'code')
  expect(await screen.findByText('Code copied')).toBeTruthy()
  expect(copied).toEqual(['two'])
})

test('what could not be copied is said', async () => {
  browserWith({ copies: false })
  copyText('one', 'text')
  expect(await screen.findByText('Not copied. Your browser blocks copying from here.')).toBeTruthy()
  expect(screen.queryByText('Text copied')).toBeNull()
})
