import type { Account, ConversationView } from '@madang/client'

/** Finds names the way people type them: by the beginning of a word, and Hangul by its first consonants (ㅁㅈ finds 민지). */
export function matches(name: string, query: string): boolean {
  const wanted = fold(query)
  if (wanted === '') return true
  const here = fold(name)
  return here.startsWith(wanted) || here.includes(` ${wanted}`) || (wanted.length > 1 && here.includes(wanted)) || consonantsOf(here).includes(wanted)
}

/** The names of a conversation that one may look for. */
export function conversationMatches(conversation: ConversationView, query: string): boolean {
  const other = conversation.with
  return other ? accountMatches(other, query) : matches(conversation.title, query)
}

export const accountMatches = (account: Account, query: string): boolean => matches(account.display_name, query) || matches(account.username, query.replace(/^@/, ''))

const fold = (text: string) => text.normalize('NFC').toLowerCase().replace(/\s+/g, ' ').trim()

const initialConsonants = [...'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ']

/** 민지 as ㅁㅈ; what is not a Hangul syllable stays, but matches nothing typed as a syllable. */
function consonantsOf(text: string): string {
  return [...text]
    .map((letter) => {
      const code = (letter.codePointAt(0) ?? 0) - 0xac00
      return code >= 0 && code < 11172 ? (initialConsonants[Math.floor(code / 588)] ?? letter) : ' '
    })
    .join('')
}
