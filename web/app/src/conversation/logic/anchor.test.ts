import { describe, expect, test } from 'vitest'
import { anchorAt, clampScroll, covers, Heights, isAtBottom, rangeFor, scrollFor, scrollTo, shiftRange } from './anchor.ts'

const keys = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => String(from + at))
function ten(): Heights {
  const heights = new Heights(() => 50)
  heights.setKeys(keys(0, 10))
  return heights
}

describe('heights', () => {
  test('rows that were never seen count with the estimate', () => {
    const heights = ten()
    expect(heights.total).toBe(500)
    heights.set('2', 80)
    expect([heights.top(2), heights.top(3), heights.total]).toEqual([100, 180, 530])
  })

  test('what was measured is remembered while rows come and go', () => {
    const heights = ten()
    heights.set('9', 100)
    heights.setKeys(keys(5, 12))
    expect(heights.total).toBe(400)
    heights.forget()
    expect(heights.total).toBe(350)
  })

  test('the same height again is no news', () => {
    const heights = ten()
    expect(heights.set('1', 60)).toBe(true)
    expect(heights.set('1', 60)).toBe(false)
  })

  test('finds the row at a height', () => {
    const heights = ten()
    expect([heights.at(-5), heights.at(0), heights.at(49), heights.at(50), heights.at(9999)]).toEqual([0, 0, 0, 1, 9])
  })
})

describe('the anchor', () => {
  test('is the first row whose top is in view', () => {
    expect(anchorAt(ten(), 120, 200)).toEqual({ key: '3', offset: 30 })
    expect(anchorAt(ten(), 100, 200)).toEqual({ key: '2', offset: 0 })
  })

  test('is never the head, before which older rows will stand', () => {
    expect(anchorAt(ten(), 0, 90, 1)).toEqual({ key: '1', offset: 50 })
    expect(anchorAt(ten(), 120, 200, 1)).toEqual({ key: '3', offset: 30 })
  })

  test('is not the first row, which says no day and no name when older rows come before it', () => {
    const heights = ten()
    const anchor = anchorAt(heights, 40, 200, 1)
    expect(anchor).toEqual({ key: '2', offset: 60 })
    heights.set('1', 20)
    expect(anchor && scrollFor(heights, anchor)).toBe(10)
  })

  test('is the row itself when it fills the view', () => {
    const heights = ten()
    heights.set('2', 1000)
    expect(anchorAt(heights, 400, 200)).toEqual({ key: '2', offset: -300 })
  })

  test('stays where it is when older rows come before it', () => {
    const heights = new Heights(() => 50)
    heights.setKeys(keys(50, 60))
    const anchor = anchorAt(heights, 120, 200)
    heights.setKeys(keys(0, 60))
    expect(anchor && scrollFor(heights, anchor)).toBe(120 + 50 * 50)
  })

  test('stays where it is when a picture above it grows', () => {
    const heights = ten()
    const anchor = anchorAt(heights, 120, 200)
    heights.set('0', 90)
    expect(anchor && scrollFor(heights, anchor)).toBe(160)
    heights.set('8', 500)
    expect(anchor && scrollFor(heights, anchor)).toBe(160)
  })

  test('is lost with its row', () => {
    const heights = ten()
    const anchor = anchorAt(heights, 120, 200)
    heights.setKeys(keys(5, 10))
    expect(anchor && scrollFor(heights, anchor)).toBeUndefined()
  })
})

test('draws what is in view and a margin', () => {
  const range = rangeFor(ten(), 200, 100, 50)
  expect(range).toEqual({ start: 3, end: 8 })
  expect(covers(range, rangeFor(ten(), 210, 100, 20))).toBe(true)
  expect(covers(range, rangeFor(ten(), 300, 100, 20))).toBe(false)
})

test('at bottom is within 80 pixels', () => {
  expect(isAtBottom(320, 100, 500)).toBe(true)
  expect(isAtBottom(319, 100, 500)).toBe(false)
})

test('targets: a third, the middle, or as little as needed', () => {
  expect(scrollTo(900, 50, 300, 'third', 0)).toBe(800)
  expect(scrollTo(900, 100, 300, 'centre', 0)).toBe(800)
  expect(scrollTo(900, 400, 300, 'centre', 0)).toBe(900)
  expect(scrollTo(900, 50, 300, 'nearest', 0)).toBe(650)
  expect(scrollTo(900, 50, 300, 'nearest', 1000)).toBe(900)
  expect(scrollTo(900, 50, 300, 'nearest', 850)).toBe(850)
  expect(clampScroll(900, 100, 500)).toBe(400)
})

test('the same rows are drawn when older ones come before them', () => {
  const before = ['head', ...keys(50, 60)]
  expect(shiftRange({ start: 2, end: 6 }, before, ['head', ...keys(0, 60)])).toEqual({ start: 52, end: 56 })
  expect(shiftRange({ start: 0, end: 6 }, before, ['head', ...keys(0, 60)])).toEqual({ start: 50, end: 56 })
  expect(shiftRange({ start: 2, end: 6 }, before, ['head', ...keys(52, 60)])).toEqual({ start: 0, end: 4 })
  expect(shiftRange({ start: 2, end: 6 }, before, ['head', 'x'])).toEqual({ start: 2, end: 2 })
})
