/** Korean particles that depend on the word before them: 이/가, 을/를, 은/는, 와/과, 로/으로. */

const afterConsonant: Record<string, string> = {
  '이/가': '이', '을/를': '을', '은/는': '은', '와/과': '과', '로/으로': '으로', '이에요/예요': '이에요', '아/야': '아',
}
const afterVowel: Record<string, string> = {
  '이/가': '가', '을/를': '를', '은/는': '는', '와/과': '와', '로/으로': '로', '이에요/예요': '예요', '아/야': '야',
}
const both: Record<string, string> = {
  '이/가': '이(가)', '을/를': '을(를)', '은/는': '은(는)', '와/과': '와(과)', '로/으로': '(으)로', '이에요/예요': '이에요', '아/야': '아(야)',
}

/** Final consonants of the digits as they are read: 영 일 이 삼 사 오 육 칠 팔 구. */
const digitFinals = ['ㅇ', 'ㄹ', '', 'ㅁ', '', '', 'ㄱ', 'ㄹ', 'ㄹ', '']
const rieul = 8

/** The particle of `pair` that follows `word`; words of other scripts get both forms. */
export function particle(word: string, pair: string): string {
  const final = finalOf(word)
  if (final === undefined) return both[pair] ?? pair
  const closed = pair === '로/으로' ? final !== '' && final !== 'ㄹ' : final !== ''
  return (closed ? afterConsonant[pair] : afterVowel[pair]) ?? pair
}

/** '' for a vowel, 'ㄹ' where that matters, another letter for any other consonant; undefined if one cannot tell. */
function finalOf(word: string): string | undefined {
  const last = [...word.normalize('NFC').replace(/[\s\p{P}\p{S}]+$/u, '')].at(-1)
  if (last === undefined) return undefined
  const code = last.codePointAt(0) ?? 0
  if (code >= 0xac00 && code <= 0xd7a3) {
    const index = (code - 0xac00) % 28
    if (index === 0) return ''
    return index === rieul ? 'ㄹ' : 'ㄱ'
  }
  if (/[0-9]/.test(last)) return digitFinals[Number(last)]
  return undefined
}
