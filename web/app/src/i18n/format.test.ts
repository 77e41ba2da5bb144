import { afterEach, describe, expect, test } from 'vitest'
import { byteSize, countText, dayLabel, daysBetween, listTime, relativeTime } from './format.ts'
import { speak, type Catalogue } from './index.ts'
import en from './en.json'
import ko from './ko.json'
import { initials } from './names.ts'

const now = new Date(2026, 10, 20, 15, 0).getTime()
const hour = 3_600_000

afterEach(() => speak('en', en as unknown as Catalogue))

describe('times', () => {
  test('a row of a list shows the time, Yesterday, the weekday, then the date', () => {
    expect(listTime(new Date(2026, 10, 20, 14, 5).getTime(), now)).toMatch(/^2:05\sPM$/)
    expect(listTime(new Date(2026, 10, 19, 23, 59).getTime(), now)).toBe('Yesterday')
    expect(listTime(new Date(2026, 10, 16, 9).getTime(), now)).toBe('Monday')
    expect(listTime(new Date(2026, 10, 1, 9).getTime(), now)).toBe('Nov 1')
    expect(listTime(new Date(2025, 10, 1, 9).getTime(), now)).toBe('Nov 1, 2025')
  })

  test('and so in Korean', () => {
    speak('ko', ko)
    expect(listTime(new Date(2026, 10, 20, 14, 5).getTime(), now)).toBe('오후 2:05')
    expect(dayLabel(new Date(2026, 10, 19, 1).getTime(), now)).toBe('어제')
    expect(dayLabel(now, now)).toBe('오늘')
  })

  test('days are those of the calendar', () => {
    expect(daysBetween(new Date(2026, 10, 19, 23, 59).getTime(), new Date(2026, 10, 20, 0, 1).getTime())).toBe(1)
    expect(dayLabel(new Date(2026, 10, 12).getTime(), now)).toBe('Thursday, November 12')
  })

  test('how long ago, in the largest fitting unit', () => {
    expect(relativeTime(now - 1000, now)).toBe('just now')
    expect(relativeTime(now - 2 * hour, now)).toBe('2 hours ago')
    expect(relativeTime(now - 26 * hour, now)).toBe('yesterday')
  })
})

test('sizes and counts are short', () => {
  expect(byteSize(2_400_000)).toBe('2.4 MB')
  expect(byteSize(640)).toBe('640 byte')
  expect(countText(1204)).toBe('1,204')
  expect(countText(12_000)).toBe('12K')
})

describe('initials', () => {
  const table: [name: string, kind: 'person' | 'group', letters: string][] = [
    ['홍길동', 'person', '길동'],
    ['민지', 'person', '민지'],
    ['남궁민수', 'person', '남'],
    ['ana', 'person', 'A'],
    ['Ana Maria Lopez', 'person', 'AL'],
    ['山田太郎', 'person', '山'],
    ['마당 디자인', 'group', '마'],
    ['Design room', 'group', 'D'],
    ['👩‍👩‍👧 family', 'group', '👩‍👩‍👧'],
  ]
  test.each(table)('of %s (%s) are %s', (name, kind, letters) => {
    expect(initials(name, kind)).toBe(letters)
  })
})
