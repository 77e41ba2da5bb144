import { expect, test } from 'vitest'
import { matches } from './matching.ts'

test.each([
  ['Design room', 'room', true],
  ['Design room', 'de', true],
  ['Design room', 'x', false],
  ['민지', '민', true],
  ['민지', 'ㅁㅈ', true],
  ['마당 디자인', 'ㄷㅈ', true],
  ['민지', 'ㅈㅁ', false],
  ['ana', '', true],
])('%s is found by %s: %s', (name, query, found) => {
  expect(matches(name, query)).toBe(found)
})
