import { expect, test } from 'vitest'
import { playTime } from './playTime.ts'

test('a player counts as people read clocks', () => {
  expect([0, 7.9, 65, 600, 3729, Infinity, NaN, -1].map(playTime)).toEqual(['0:00', '0:07', '1:05', '10:00', '1:02:09', '0:00', '0:00', '0:00'])
})
