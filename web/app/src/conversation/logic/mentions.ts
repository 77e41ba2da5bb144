import type { Account } from '@madang/client'
import { beginsWithHangul } from './hangul.ts'

/** What stands before the caret and asks for suggestions. */
export interface Asked {
  kind: 'person' | 'emoji'
  /** Where the sign (`@` or `:`) stands. */
  start: number
  query: string
}

/** What the text before the caret asks for; never in the middle of a word. */
export function askedAt(text: string, caret: number): Asked | undefined {
  const before = text.slice(0, caret)
  if (/^[\p{L}\p{N}_]/u.test(text.slice(caret))) return undefined
  const person = /(?:^|[\s(["'“‘])@([\p{L}\p{N}._-]{0,32})$/u.exec(before)
  if (person) return { kind: 'person', start: before.length - (person[1]?.length ?? 0) - 1, query: person[1] ?? '' }
  const emoji = /(?:^|[\s(])[:]([\p{L}\p{N}_+-]{2,24})$/u.exec(before)
  if (emoji) return { kind: 'emoji', start: before.length - (emoji[1]?.length ?? 0) - 1, query: emoji[1] ?? '' }
  return undefined
}

/** At most `most` people whose name or username begins with `query`, or has a word that does; Hangul may be unfinished. */
export function suggestPeople(people: readonly Account[], query: string, most: number): Account[] {
  const typed = fold(query)
  const ranked = people.flatMap((account) => {
    const rank = rankOf(account, typed)
    return rank === undefined ? [] : [{ account, rank }]
  })
  ranked.sort((a, b) => a.rank - b.rank || a.account.display_name.localeCompare(b.account.display_name))
  return ranked.slice(0, most).map(({ account }) => account)
}

/** Whether one name is found by what was typed: for lists that filter people. */
export const isFoundBy = (account: Account, query: string): boolean => rankOf(account, fold(query)) !== undefined

function rankOf(account: Account, typed: string): number | undefined {
  if (typed === '') return 0
  const name = fold(account.display_name)
  if (beginsWithHangul(name, typed)) return 0
  if (beginsWithHangul(fold(account.username), typed)) return 1
  return name.split(/[\s._-]+/u).some((word) => beginsWithHangul(word, typed)) ? 2 : undefined
}

/** Compared without width and case. Not NFKC: it would turn the typed letter ㄱ into another character. */
const fold = (text: string): string =>
  text.normalize('NFC').replace(/[\uFF01-\uFF5E]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0)).toLowerCase()
