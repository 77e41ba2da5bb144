import { afterEach, beforeEach, expect, test, vi, type MockInstance } from 'vitest'
import { account, fakeMadang } from '../../tests/fake-madang.ts'
import { tellAttention } from './attention.ts'

let end: () => void
let focus: MockInstance<() => boolean>

beforeEach(() => {
  vi.useFakeTimers()
  focus = vi.spyOn(document, 'hasFocus').mockReturnValue(true)
})

afterEach(() => {
  end()
  vi.restoreAllMocks()
  vi.useRealTimers()
})

test('a page that nobody touches for a minute has lost its person, and any touch brings them back', () => {
  const { madang, calls } = fakeMadang({ accounts: [account(1, 'ana')], meId: 1, conversations: [] })
  const told = () => calls.map(([, active]) => active)
  end = tellAttention(madang)
  vi.advanceTimersByTime(45_000)
  window.dispatchEvent(new Event('pointermove'))
  vi.advanceTimersByTime(45_000)
  expect(told()).toEqual([true])
  vi.advanceTimersByTime(30_000)
  expect(told()).toEqual([true, false])
  window.dispatchEvent(new Event('keydown'))
  expect(told()).toEqual([true, false, true])
  focus.mockReturnValue(false)
  window.dispatchEvent(new Event('blur'))
  expect(told()).toEqual([true, false, true, false])
})
