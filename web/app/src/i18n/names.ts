/** What of a name fits in an avatar and its colour, and the language a text is probably written in. */
import { $language } from './index.ts'

const hangul = /^\p{Script=Hangul}+$/u
const han = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u
const latin = /^\p{Script=Latin}/u

/** Hangul of three letters: the last two; of two: both. Latin: first letters of first and last word. Else, and for groups, the first letter. */
export function initials(name: string, kind: 'person' | 'group' = 'person'): string {
  const clean = name.normalize('NFC').trim()
  const letters = graphemes(clean)
  const first = letters[0] ?? '?'
  if (kind === 'group' || han.test(clean)) return first.toLocaleUpperCase()
  if (hangul.test(clean) && (letters.length === 2 || letters.length === 3)) return letters.slice(-2).join('')
  const words = clean.split(/\s+/)
  const last = words.at(-1) ?? ''
  if (latin.test(clean) && words.length > 1 && latin.test(last)) return (first + (graphemes(last)[0] ?? '')).toLocaleUpperCase()
  return first.toLocaleUpperCase()
}

export const isLatin = (text: string): boolean => latin.test(text)

/** One avatar ground of eight, for ever the same for the same id. */
export const personColour = (id: number): number => ((id % 8) + 8) % 8

export function graphemes(text: string): string[] {
  return [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text)].map((part) => part.segment)
}

/** The `lang` of a message: any Hangul is Korean, else kana Japanese, else Han the reader's own or Chinese, else none. */
export function languageOf(text: string): string | undefined {
  if (/\p{Script=Hangul}/u.test(text)) return 'ko'
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)) return 'ja'
  if (!/\p{Script=Han}/u.test(text)) return undefined
  const own: string = $language.get()
  return own === 'ja' || own.startsWith('zh') ? own : 'zh-Hans'
}
