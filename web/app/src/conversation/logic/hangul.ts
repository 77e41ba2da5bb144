const FIRST = 0xac00
const PER_INITIAL = 588
const PER_VOWEL = 28
const INITIALS = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ'
/** Finals that are two letters: an unfinished next syllable may still hang on the one before (`갑ㅅ` is typed as `값`). */
const FINALS = ['', 'ㄱ', 'ㄲ', 'ㄱㅅ', 'ㄴ', 'ㄴㅈ', 'ㄴㅎ', 'ㄷ', 'ㄹ', 'ㄹㄱ', 'ㄹㅁ', 'ㄹㅂ', 'ㄹㅅ', 'ㄹㅌ', 'ㄹㅍ', 'ㄹㅎ', 'ㅁ', 'ㅂ', 'ㅂㅅ', 'ㅅ', 'ㅆ', 'ㅇ', 'ㅈ', 'ㅊ', 'ㅋ', 'ㅌ', 'ㅍ', 'ㅎ']

const isSyllable = (char: string): boolean => char >= '가' && char <= '힣'

/** The initial consonants of Hangul syllables; other characters stay. */
export function initialsOf(text: string): string {
  return Array.from(text, (char) => {
    if (!isSyllable(char)) return char
    return INITIALS[Math.floor((char.charCodeAt(0) - FIRST) / PER_INITIAL)] ?? char
  }).join('')
}

/** Whether `text` begins with `typed`, where Hangul may be unfinished: 미 finds 민지, 밎 finds 미자, ㅁㅈ finds 민지. */
export function beginsWithHangul(text: string, typed: string): boolean {
  const have = Array.from(text)
  const want = Array.from(typed)
  return want.every((char, at) => {
    const other = have[at]
    if (other === undefined) return false
    if (other === char || initialsOf(other) === char) return true
    return at === want.length - 1 && unfinished(char, have, at)
  })
}

/** The last typed syllable is the beginning of the one it stands for, or holds the next one's initial as its final. */
function unfinished(char: string, have: string[], at: number): boolean {
  const other = have[at]
  if (!isSyllable(char) || other === undefined || !isSyllable(other)) return false
  const typed = char.charCodeAt(0) - FIRST
  const whole = other.charCodeAt(0) - FIRST
  if (Math.floor(typed / PER_VOWEL) !== Math.floor(whole / PER_VOWEL)) return false
  const typedFinal = FINALS[typed % PER_VOWEL] ?? ''
  const wholeFinal = FINALS[whole % PER_VOWEL] ?? ''
  if (wholeFinal.startsWith(typedFinal)) return true
  const next = have[at + 1]
  const borrowed = typedFinal.at(-1)
  return typedFinal.slice(0, -1) === wholeFinal && next !== undefined && initialsOf(next) === borrowed
}
