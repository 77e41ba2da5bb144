import { MadangError, type Item, type Message } from '@madang/client'
import { fireEvent, screen, waitFor } from '@testing-library/react'
import { expect, test } from 'vitest'
import { rowsOf } from '../logic/runs.ts'
import { ana, ben, doyun, madangWith, message, renderInConversation, sent } from '../testing.tsx'
import { messageLabel } from './label.ts'
import { MessageRow } from './MessageRow.tsx'
import { withPending } from './Reactions.tsx'

type MessageItem = Extract<Item, { kind: 'message' }>

function show(item: Item, more: { direct?: boolean; seen?: (typeof ana)[] } = {}) {
  const row = rowsOf([item], { me: doyun.id })[0]!
  return renderInConversation(<MessageRow row={row} item={item as MessageItem} flash={false} held={false} seen={more.seen} />, madangWith([item]), { direct: more.direct ?? false })
}
const unsent = (state: 'waiting' | 'failed', more: Partial<MessageItem> = {}): Item =>
  ({ kind: 'message', message: message(0, doyun.id, '그리고 일정도 정해요.'), key: 'x', state, queued_at: 0, ...more })

test('a message of somebody else has a face, a name, a text in its language and a time', () => {
  const { container } = show(sent(message(4, ana.id, '감나무 한 그루')))
  expect(screen.getByText('ana')).toBeTruthy()
  expect(container.querySelector('.text')?.getAttribute('lang')).toBe('ko')
  expect(container.querySelector('.stamp time')?.getAttribute('datetime')).toMatch(/^2026-11-20T/)
  expect(container.querySelector('.stamp svg')).toBeNull()
})

test('an own message stands at the other side, with a tick once it is stored', () => {
  const { container } = show(sent(message(4, doyun.id, 'See you')))
  expect(container.querySelector('.message')?.hasAttribute('data-own')).toBe(true)
  expect(container.querySelector('.stamp svg')).not.toBeNull()
})

test('seen stands over the time in a direct conversation, and as faces in a group', () => {
  expect(show(sent(message(4, doyun.id, 'hi')), { direct: true, seen: [ana] }).container.querySelector('.stamp')?.textContent).toMatch(/^Seen/)
  const { container } = show(sent(message(4, doyun.id, 'hi')), { seen: [ana, ben] })
  expect(container.querySelectorAll('.seen .avatar')).toHaveLength(2)
  expect(container.querySelector('.seen')?.textContent).toContain('Seen by ana, ben')
})

test('a failed message says why and offers two ways on', () => {
  const error = new MadangError({ code: 'forbidden', message: 'no', retryable: false })
  const { actions, container } = show(unsent('failed', { error }))
  expect(container.querySelector('.message')?.getAttribute('data-state')).toBe('failed')
  expect(screen.getByText('You may not do this here.')).toBeTruthy()
  fireEvent.click(screen.getByText('Retry'))
  fireEvent.click(screen.getByText('Delete'))
  expect([actions.retry, actions.discard].map((one) => one.mock.calls.length)).toEqual([1, 1])
})

test('a message whose files are nowhere any more says so, and is not offered for another try', () => {
  const error = new MadangError({ code: 'upload_lost', message: 'no', retryable: false })
  const { actions } = show(unsent('failed', { error }))
  expect(screen.getByText('The page was closed before the files were uploaded. Attach them to a new message.')).toBeTruthy()
  expect(screen.queryByText('Retry')).toBeNull()
  fireEvent.click(screen.getByText('Delete'))
  expect(actions.discard).toHaveBeenCalled()
})

test('a message without a network says what it waits for', () => {
  show(unsent('waiting'))
  expect(screen.getByText('Waiting for the network')).toBeTruthy()
})

test('a deleted message keeps its place and nothing else', () => {
  const { container } = show(sent(message(4, ana.id, '', { deleted_at: 1, reactions: [] })))
  expect(container.querySelector('.bubble')?.textContent).toBe('Deleted message')
  expect(container.querySelector('.message')?.getAttribute('data-state')).toBe('removed')
})

test('a mention of me is marked, one of somebody else is not', () => {
  expect(show(sent(message(4, ana.id, '@도윤 look', { mentions: [doyun.id] }))).container.querySelector('[data-mention] .mention')?.textContent).toBe('@도윤')
  expect(show(sent(message(4, ana.id, '@ben look', { mentions: [ben.id] }))).container.querySelector('[data-mention]')).toBeNull()
})

test('one to three emoji alone need no bubble', () => {
  const { container } = show(sent(message(4, ana.id, '🏡🧡')))
  expect(container.querySelector('.big-emoji')?.textContent).toBe('🏡🧡')
  expect(container.querySelector('.bubble')).toBeNull()
})

test('a reaction says whether it is mine and toggles', () => {
  const { actions } = show(sent(message(4, ana.id, 'hi', { reactions: [{ emoji: '👍', count: 2, mine: true, account_ids: [1, 3] }] })))
  const pill = screen.getByRole('button', { name: '👍, 2, including you, toggle' })
  expect(pill.getAttribute('aria-pressed')).toBe('true')
  expect(pill.getAttribute('title')).toBe('You and ben: 👍')
  fireEvent.click(pill)
  expect(actions.react.mock.calls[0]?.[1]).toBe('👍')
})

test('a reaction on its way shows at once', () => {
  const said = message(4, ana.id, 'hi', { reactions: [{ emoji: '👍', count: 2, mine: false, account_ids: [3] }] })
  const pending = new Map([['4 👍', true], ['4 🎉', true], ['9 🎉', true]])
  expect(withPending(said, pending, doyun.id).map((one) => [one.emoji, one.count, one.mine])).toEqual([['👍', 3, true], ['🎉', 1, true]])
})

test('a quote names its author and jumps', () => {
  const { actions } = show(sent(message(9, ana.id, 'yes', { reply_to: { seq: 4, sender_id: doyun.id, excerpt: '종이색으로 할까요?' } })))
  fireEvent.click(screen.getByRole('button', { name: /종이색으로/ }))
  expect(actions.jumpTo).toHaveBeenCalledWith(4)
})

test('pictures have their room before they are loaded, other files a card', async () => {
  const attachments: Message['attachments'] = [
    { id: 1, name: '마당.jpg', media_type: 'image/jpeg', size_bytes: 9, url: '/f/1', width: 1600, height: 900, blur: '#d9cdbb' },
    { id: 2, name: '배치도-최종.pdf', media_type: 'application/pdf', size_bytes: 2_400_000, url: '/f/2' },
  ]
  const { container } = show(sent(message(4, ana.id, '', { attachments })))
  const picture = container.querySelector<HTMLElement>('.picture')
  expect(picture?.style.getPropertyValue('--ratio')).toBe('360 / 203')
  expect(picture?.style.getPropertyValue('--blur')).toBe('#d9cdbb')
  await waitFor(() => expect(container.querySelector('.file a[download]')?.getAttribute('aria-label')).toBe('Download 배치도-최종.pdf, 2.4 MB'))
  expect(container.querySelector('.file a.open')?.getAttribute('aria-label')).toBe('Open 배치도-최종.pdf, 2.4 MB')
})

test('an address opens elsewhere and takes nothing along', () => {
  const { container } = show(sent(message(4, ana.id, 'see https://example.org')))
  const link = container.querySelector('a.link')
  expect([link?.getAttribute('target'), link?.getAttribute('rel')]).toEqual(['_blank', 'noopener noreferrer'])
})

test('what is said aloud', () => {
  const item = sent(message(4, ana.id, 'hi', { edited_at: 5, reactions: [{ emoji: '👍', count: 2, mine: false, account_ids: [] }], reply_to: { seq: 1, sender_id: doyun.id, excerpt: 'x' } })) as MessageItem
  const label = messageLabel(rowsOf([item], { me: doyun.id })[0]!, item, { me: doyun.id, author: 'ana', quoted: '도윤', origin: '도윤' })
  expect(label).toMatch(/^ana, 12:00.PM, hi, \(edited\), 2 reactions, replying to You$/)
})

test('what was forwarded names who wrote it first, and what is pinned says so', () => {
  const { container } = show(sent(message(4, ana.id, '🎉', { forward_of: { sender_id: doyun.id, sent_at: 5 }, pinned_at: 9 })))
  expect(container.querySelector('.bubble .origin')?.textContent).toBe('Forwarded from You')
  expect(container.querySelector('.stamp .pinned')?.getAttribute('title')).toBe('Pinned')
})

test('an address of a message here jumps inside the app', () => {
  const { container } = show(sent(message(4, ana.id, `see ${location.origin}/c/9/m/12 and ${location.origin}/c/9`)))
  const [inside, outside] = container.querySelectorAll('a.link')
  expect([inside?.getAttribute('href'), inside?.getAttribute('target')]).toEqual(['/c/9/m/12', null])
  expect(outside?.getAttribute('target')).toBe('_blank')
})
