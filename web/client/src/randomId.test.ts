import { expect, test, vi } from 'vitest'
import { newClientId, randomId } from './randomId.ts'

test('random characters differ and are safe in an address', () => {
  const ids = Array.from({ length: 100 }, () => randomId())
  expect(new Set(ids).size).toBe(100)
  for (const id of ids) expect(id).toMatch(/^[\w-]{22}$/)
})

test('labels for messages lie in the order of their making', () => {
  vi.useFakeTimers()
  const labels = [0, 1, 999, 86_400_000, 4_000_000_000_000].map((later) => {
    vi.setSystemTime(1_700_000_000_000 + later)
    return newClientId()
  })
  vi.useRealTimers()
  expect([...labels].sort()).toEqual(labels)
  for (const label of labels) expect(label).toMatch(/^[\w-]{24}$/)
})
