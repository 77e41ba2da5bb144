import { expect, test } from 'vitest'
import { asked, isFiltered, readAddress, searchPath } from './query.ts'

const now = new Date(2026, 10, 21, 15, 30).getTime()

test('an address says everything that is looked for', () => {
  const state = { query: '지붕 "the tiles"', place: 4, from: 2, has: 'image', when: 'days', first: '2026-11-01', last: '2026-11-03', best: true } as const
  const path = searchPath(state)
  expect(path.startsWith('/search?q=')).toBe(true)
  expect(readAddress(path.slice('/search'.length))).toEqual(state)
  expect(searchPath({ query: '' })).toBe('/search')
})

test('what makes no sense in an address is left out', () => {
  expect(readAddress('?q=a&in=x&from=-1&has=gold&when=ever&first=2026-11-01')).toEqual({ query: 'a', best: false })
  expect(readAddress('?when=days&first=2026-99-01')).toEqual({ query: '', best: false, when: 'days' })
})

test('days are those of this place, the last one whole', () => {
  const days = asked({ query: '', when: 'days', first: '2026-11-01', last: '2026-11-03', best: false }, now)
  expect(days).toEqual({ after: new Date(2026, 10, 1).getTime(), before: new Date(2026, 10, 4).getTime() })
  expect(asked({ query: 'roof', when: 'today', best: true }, now)).toEqual({ query: 'roof', after: new Date(2026, 10, 21).getTime(), order: 'best' })
  expect(asked({ query: '', when: 'week', best: true }, now)).toEqual({ after: new Date(2026, 10, 14).getTime() })
})

test('without words and filters nothing is asked', () => {
  expect(asked({ query: '  ', best: true })).toBeUndefined()
  expect(isFiltered({ query: 'roof', best: true })).toBe(false)
  expect(isFiltered({ query: '', place: 3, best: false })).toBe(true)
})
