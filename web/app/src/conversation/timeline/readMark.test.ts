import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ReadMark } from './readMark.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function world() {
  const state = { looking: true, seen: 5, marks: [] as number[] }
  const mark = new ReadMark({ looking: () => state.looking, seen: () => state.seen, mark: (seq) => state.marks.push(seq) })
  return { state, mark }
}

test('what was in view for 400 ms is read, once', () => {
  const { state, mark } = world()
  mark.look()
  vi.advanceTimersByTime(399)
  expect(state.marks).toEqual([])
  vi.advanceTimersByTime(1)
  mark.look()
  vi.advanceTimersByTime(1000)
  expect(state.marks).toEqual([5])
})

test('what nobody looks at is not read', () => {
  const { state, mark } = world()
  state.looking = false
  mark.look()
  vi.advanceTimersByTime(1000)
  expect(state.marks).toEqual([])
  state.looking = true
  mark.look()
  state.looking = false
  vi.advanceTimersByTime(1000)
  expect(state.marks).toEqual([])
})

test('what was only flown over is not read', () => {
  const { state, mark } = world()
  state.seen = 50
  mark.look()
  state.seen = 8
  vi.advanceTimersByTime(400)
  expect(state.marks).toEqual([8])
})

test('what comes into view meanwhile has its own 400 ms', () => {
  const { state, mark } = world()
  mark.look()
  state.seen = 9
  vi.advanceTimersByTime(400)
  expect(state.marks).toEqual([5])
  vi.advanceTimersByTime(400)
  expect(state.marks).toEqual([5, 9])
})
