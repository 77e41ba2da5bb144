import { expect, test } from 'vitest'
import { isBigEmoji } from './bigEmoji.ts'

test.each(['🏡🧡', '❤️', '👩‍👩‍👧', '👍🏽', '🇰🇷', '🎉 🎉 🎉', '1️⃣'])('%s is shown large', (text) => {
  expect(isBigEmoji(text)).toBe(true)
})

test.each(['🏡🧡🎉👍', 'ok 👍', '1', '#', '', '   ', '12', '©a'])('%s is not', (text) => {
  expect(isBigEmoji(text)).toBe(false)
})
