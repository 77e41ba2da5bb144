import { expect, test } from 'vitest'
import { endOf, fromLocalInput, localInput } from './until.ts'

const at = (text: string) => new Date(text).getTime()
const wednesday = at('2026-11-25T14:05')

test('a status lasts as long as was chosen', () => {
  expect(endOf('never', wednesday)).toBeUndefined()
  expect(endOf('half_hour', wednesday)).toBe(at('2026-11-25T14:35'))
  expect(endOf('four_hours', wednesday)).toBe(at('2026-11-25T18:05'))
  expect(endOf('today', wednesday)).toBe(at('2026-11-26T00:00'))
})

test('a week ends with Sunday, also on a Sunday and on a Monday', () => {
  expect(endOf('week', wednesday)).toBe(at('2026-11-30T00:00'))
  expect(endOf('week', at('2026-11-29T23:59'))).toBe(at('2026-11-30T00:00'))
  expect(endOf('week', at('2026-11-30T00:00'))).toBe(at('2026-12-07T00:00'))
})

test('a time chosen by hand is that time here', () => {
  expect(fromLocalInput(localInput(wednesday))).toBe(wednesday)
  expect(fromLocalInput('')).toBeUndefined()
})
