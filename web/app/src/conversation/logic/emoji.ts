import { emojiGroups, type EmojiLines } from './emojiData.ts'
import { beginsWithHangul } from './hangul.ts'

export interface Emoji {
  sign: string
  /** English, lower case. */
  words: readonly string[]
  korean: readonly string[]
  /** Takes a skin tone. */
  toned: boolean
}

export type EmojiGroup = EmojiLines['key']

/** Every emoji that can be picked, by group. This module is loaded when somebody first asks for an emoji. */
export const emojiByGroup: readonly { key: EmojiGroup; emoji: readonly Emoji[] }[] = emojiGroups.map(({ key, lines }) => ({ key, emoji: lines.split('\n').map(read) }))

const all = emojiByGroup.flatMap((group) => group.emoji)
const known = new Map(all.map((one) => [one.sign, one]))

export const skinTones = ['', '🏻', '🏼', '🏽', '🏾', '🏿'] as const

/** An emoji in a skin tone; 0 is the plain one. */
export function toned(emoji: Emoji, tone: number): string {
  const mark = skinTones[tone] ?? ''
  if (!emoji.toned || mark === '') return emoji.sign
  const [first = '', ...rest] = Array.from(emoji.sign.replace(/^(.)\uFE0F/u, '$1'))
  return first + mark + rest.join('')
}

/** Emoji whose words begin with `query`, in English or Korean; those whose first word does come first. */
export function findEmoji(query: string, limit = Infinity): Emoji[] {
  const typed = query.trim().toLowerCase().split(/[\s_]+/u).filter(Boolean)
  if (typed.length === 0) return all.slice(0, limit)
  const best: Emoji[] = []
  const rest: Emoji[] = []
  for (const emoji of all) {
    if (!typed.every((word) => hasWord(emoji, word))) continue
    const first = typed[0] ?? ''
    const leads = emoji.words[0]?.startsWith(first) || (emoji.korean[0] !== undefined && beginsWithHangul(emoji.korean[0], first))
    ;(leads ? best : rest).push(emoji)
  }
  return [...best, ...rest].slice(0, limit)
}

/** What an emoji is called, for screen readers and tooltips; itself when we do not know it. */
export function emojiName(sign: string, language: string): string {
  const bare = sign.replace(/\p{Emoji_Modifier}/gu, '')
  const emoji = known.get(sign) ?? known.get(bare) ?? known.get(`${bare}\uFE0F`)
  if (!emoji) return sign
  return language.startsWith('ko') ? emoji.korean.slice(0, 2).join(' ') : emoji.words.slice(0, 2).join(' ')
}

const hasWord = (emoji: Emoji, typed: string): boolean =>
  emoji.words.some((word) => word.startsWith(typed)) || emoji.korean.some((word) => beginsWithHangul(word, typed))

function read(line: string): Emoji {
  const takesTone = line.startsWith('*')
  const [head = '', korean = ''] = (takesTone ? line.slice(1) : line).split('|')
  const [sign = '', ...words] = head.split(' ')
  return { sign, words, korean: korean.split(' '), toned: takesTone }
}
