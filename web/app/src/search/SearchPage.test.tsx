import type { ConversationView, SearchHit, SearchPage as Page } from '@madang/client'
import { act, fireEvent, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { account, conversation, fakeMadang } from '../../tests/fake-madang.ts'
import { renderWith } from '../../tests/render.tsx'
import { $path } from '../app/router.ts'
import SearchPage from './SearchPage.tsx'

const ben = account(1, 'ben')
const me = account(6, 'doyun')
const places = [conversation(4, { title: 'Design room' }), conversation(5, { title: 'Roof repair' })]
const hit = (facts: Partial<SearchHit>): SearchHit => ({ conversation_id: 4, seq: 9, sender_id: 1, sent_at: Date.now(), text: 'the roof tiles', highlights: [{ start: 4, end: 8 }], files: [], ...facts })
const found = (hits: SearchHit[], cursor?: string): Page => ({ hits, complete: true, ...(cursor && { cursor }) })

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const show = (address: string, ...searches: Page[]) => showAmong(places, address, ...searches)

async function showAmong(conversations: ConversationView[], address: string, ...searches: Page[]) {
  history.replaceState(null, '', address)
  const fake = fakeMadang({ accounts: [me, ben], meId: 6, conversations, searches })
  renderWith(fake.madang, <SearchPage />)
  await settle()
  return { ...fake, asked: () => fake.calls.filter(([name]) => name === 'search').map(([, payload]) => payload) }
}

const settle = () => act(() => vi.advanceTimersByTimeAsync(400))
const field = () => screen.getByRole('textbox')
const filter = (name: RegExp) => screen.getByRole('button', { name })
const finder = () => screen.getByRole('combobox')

test('shows what was found with its marks, and leads to its place', async () => {
  const { asked } = await show('/search?q=roof', found([hit({}), hit({ conversation_id: 5, seq: 2, text: 'roof', highlights: [{ start: 0, end: 4 }] })]))
  expect(asked()).toEqual([{ query: 'roof' }])
  expect([...document.querySelectorAll('mark')].map((mark) => mark.textContent)).toEqual(['roof', 'roof'])
  expect(screen.getByRole('status').textContent).toBe('2 messages')
  const link = document.querySelector('.hit-link')
  if (!link) throw new Error('no hit')
  fireEvent.click(link)
  expect($path.get()).toBe('/c/4/m/9')
})

test('asks once for what was typed, not for half a syllable', async () => {
  const { asked } = await show('/search', found([]))
  expect(screen.getByText('What are you looking for?')).toBeTruthy()
  fireEvent.compositionStart(field())
  fireEvent.change(field(), { target: { value: '지부' } })
  await settle()
  expect(asked()).toEqual([])
  fireEvent.change(field(), { target: { value: '지붕' } })
  fireEvent.compositionEnd(field())
  await settle()
  expect(asked()).toEqual([{ query: '지붕' }])
  expect(new URLSearchParams(location.search).get('q')).toBe('지붕')
  expect(screen.getByText('No message has "지붕". Check the spelling.')).toBeTruthy()
})

test('filters stand in the address and can be taken back', async () => {
  const { asked } = await show('/search?q=rooof&in=4&has=image', found([]), found([hit({})]))
  expect(asked()).toEqual([{ query: 'rooof', conversation_id: 4, has: 'image' }])
  fireEvent.click(screen.getByRole('button', { name: 'Search everywhere' }))
  await settle()
  expect(asked()[1]).toEqual({ query: 'rooof' })
})

test('any conversation is found by its name to search in, however many there are', async () => {
  const rooms = Array.from({ length: 60 }, (_, at) => conversation(100 + at, { title: `Room ${at}` }))
  const { asked } = await showAmong([...rooms, ...places], '/search?q=roof', found([]), found([hit({})]))
  fireEvent.click(filter(/^In:/))
  expect(document.activeElement).toBe(finder())
  expect(screen.getAllByRole('option')).toHaveLength(51)
  expect(screen.queryByRole('option', { name: 'Roof repair' })).toBeNull()
  fireEvent.change(finder(), { target: { value: 'repair' } })
  expect(screen.getAllByRole('option')).toEqual([screen.getByRole('option', { name: 'Roof repair' })])
  // The keys that move among what was found are letters here.
  fireEvent.keyDown(finder(), { key: '/' })
  expect(document.activeElement).toBe(finder())
  fireEvent.keyDown(finder(), { key: 'Enter' })
  expect(document.activeElement).toBe(filter(/^In: Roof repair/))
  await settle()
  expect(asked()[1]).toEqual({ query: 'roof', conversation_id: 5 })
})

test('anybody is found by name to search from, and where nobody is it says so', async () => {
  const { asked, madang } = await show('/search?q=roof&in=4', found([]), found([hit({})]))
  madang.findPeople = (query) => Promise.resolve(query === 'mi' ? [account(9, 'mira')] : [])
  fireEvent.click(filter(/^From:/))
  await settle()
  expect(screen.getAllByRole('option').map((option) => option.textContent)).toEqual(['Anyone', 'You'])
  fireEvent.change(finder(), { target: { value: 'zz' } })
  await settle()
  expect(screen.getByText('Nobody is called "zz".')).toBeTruthy()
  fireEvent.change(finder(), { target: { value: 'mi' } })
  await settle()
  fireEvent.click(screen.getByRole('option', { name: /mira/ }))
  await settle()
  expect(asked()[1]).toEqual({ query: 'roof', conversation_id: 4, from_id: 9 })
})

test('further pages come behind the first', async () => {
  const { asked } = await show('/search?q=roof', found([hit({})], '9-0'), found([hit({ seq: 3 })]))
  expect(screen.getByRole('status').textContent).toBe('More than 1 message')
  fireEvent.click(screen.getByRole('button', { name: 'Show more' }))
  await settle()
  expect(asked()[1]).toEqual({ query: 'roof', cursor: '9-0' })
  expect(document.querySelectorAll('.hit')).toHaveLength(2)
})

test('files found by their names stand by themselves, conversations by theirs above', async () => {
  const file = { id: 1, name: 'roof.png', media_type: 'image/png', size_bytes: 3, url: '/f' }
  await show('/search?q=roof', found([hit({ text: 'here', highlights: [], files: [{ file, highlights: [{ start: 0, end: 4 }] }] })]))
  expect(screen.getAllByRole('heading', { level: 2 }).map((heading) => heading.textContent)).toEqual(['People and conversations', 'Files'])
  expect(screen.getByRole('link', { name: /Roof repair/ })).toBeTruthy()
})
