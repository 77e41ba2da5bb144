import { expect, test } from 'vitest'
import { nameParts, pictureBox } from './pictureBox.ts'

test.each([
  [{ width: 1600, height: 900 }, { width: 360, height: 203 }],
  [{ width: 900, height: 1600 }, { width: 180, height: 320 }],
  [{ width: 200, height: 150 }, { width: 200, height: 150 }],
  [{ width: 16, height: 16 }, { width: 120, height: 120 }],
  [{ width: 4000, height: 200 }, { width: 360, height: 150 }],
  [{ width: 200, height: 4000 }, { width: 133, height: 320 }],
])('%o takes %o', (size, box) => {
  expect(pictureBox(size)).toEqual(box)
})

test('a name keeps its ending', () => {
  expect(nameParts('처마-단면도-v2.pdf')).toEqual({ stem: '처마-단면도-v2', ending: '.pdf' })
  expect(nameParts('.profile')).toEqual({ stem: '.profile', ending: '' })
  expect(nameParts('README')).toEqual({ stem: 'README', ending: '' })
})
