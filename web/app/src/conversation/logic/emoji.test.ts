import { expect, test } from 'vitest'
import { isBigEmoji } from './bigEmoji.ts'
import { emojiByGroup, emojiName, findEmoji, toned } from './emoji.ts'

const signs = (query: string) => findEmoji(query).map((emoji) => emoji.sign)

test('every emoji is one emoji with words in both languages, and stands once', () => {
  const all = emojiByGroup.flatMap((group) => group.emoji)
  expect(all.length).toBeGreaterThan(350)
  for (const emoji of all) {
    expect(isBigEmoji(emoji.sign), emoji.sign).toBe(true)
    expect(emoji.words.length > 0 && emoji.korean.every((word) => /\p{Script=Hangul}/u.test(word)), emoji.sign).toBe(true)
  }
  expect(new Set(all.map((emoji) => emoji.sign)).size).toBe(all.length)
})

test('found in English and in Korean, by the beginning of a word', () => {
  expect(signs('thumbs')[0]).toBe('👍')
  expect(signs('party')).toContain('🎉')
  expect(signs('축하')).toContain('🎉')
  expect(signs('감ㅅ')).toContain('🙏')
  expect(signs('orange heart')[0]).toBe('🧡')
  expect(signs('qqq')).toEqual([])
})

test('skin tones', () => {
  const one = (query: string) => findEmoji(query)[0]!
  expect(toned(one('thumbs up'), 0)).toBe('👍')
  expect(toned(one('thumbs up'), 3)).toBe('👍🏽')
  expect(toned(one('victory'), 1)).toBe('✌🏻')
  expect(toned(one('fire'), 3)).toBe('🔥')
})

test('names for ears', () => {
  expect(emojiName('👍', 'en')).toBe('thumbs up')
  expect(emojiName('👍🏽', 'ko')).toBe('좋아요 최고')
  expect(emojiName('🪿', 'en')).toBe('🪿')
})
