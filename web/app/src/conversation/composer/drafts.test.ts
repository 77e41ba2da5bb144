import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DraftKeeper } from './drafts.ts'

const kept = (): unknown => JSON.parse(localStorage.getItem('madang.draft.1.7') ?? 'null')

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
})
afterEach(() => void vi.useRealTimers())

test('a draft is kept 300 ms after the last change, per account and conversation', () => {
  const keeper = new DraftKeeper(1, 7)
  keeper.save({ text: '내' })
  vi.advanceTimersByTime(200)
  keeper.save({ text: '내일', caret: 2, replyToSeq: 4 })
  vi.advanceTimersByTime(299)
  expect(kept()).toBeNull()
  vi.advanceTimersByTime(1)
  expect(kept()).toEqual({ text: '내일', caret: 2, replyToSeq: 4 })
  expect(new DraftKeeper(2, 7).kept).toBeUndefined()
  expect(new DraftKeeper(1, 7).kept?.text).toBe('내일')
})

test('leaving saves at once', () => {
  const keeper = new DraftKeeper(1, 7)
  const stop = keeper.start(() => undefined)
  keeper.save({ text: 'a' })
  dispatchEvent(new Event('pagehide'))
  expect(kept()).toEqual({ text: 'a' })
  keeper.save({ text: 'ab' })
  stop()
  expect(kept()).toEqual({ text: 'ab' })
})

test('what was sent is forgotten, and does not come back', () => {
  const keeper = new DraftKeeper(1, 7)
  keeper.save({ text: 'a' })
  keeper.clear()
  vi.advanceTimersByTime(1000)
  expect(kept()).toBeNull()
})

test('another tab\'s draft is taken over, but never over what is being typed here', async () => {
  const keeper = new DraftKeeper(1, 7)
  const heard: unknown[] = []
  const stop = keeper.start((draft) => heard.push(draft))
  dispatchEvent(new StorageEvent('storage', { key: 'madang.draft.1.7' }))
  dispatchEvent(new StorageEvent('storage', { key: 'madang.draft.1.8' }))
  await Promise.resolve()
  expect(heard).toHaveLength(1)
  keeper.save({ text: 'mine' })
  dispatchEvent(new StorageEvent('storage', { key: 'madang.draft.1.7' }))
  await Promise.resolve()
  expect(heard).toHaveLength(1)
  stop()
})
