/** How good a new password is, as the server will judge it and a little more. */

export const shortest = 8
/** bcrypt reads 72 bytes and no more: what is longer would be cut without a word. */
export const longestBytes = 72

export type PasswordState = 'empty' | 'short' | 'long' | 'weak' | 'fair' | 'good' | 'strong'

export interface PasswordVerdict {
  state: PasswordState
  /** 0 to 4 bars of the meter. */
  level: 0 | 1 | 2 | 3 | 4
  acceptable: boolean
}

const known = ['password', 'passw0rd', 'qwerty', 'asdf', 'zxcv', 'abc123', 'iloveyou', 'letmein', 'welcome', 'admin', 'monkey', 'dragon', 'madang', '비밀번호']

export function judgePassword(password: string, username = ''): PasswordVerdict {
  if (password === '') return { state: 'empty', level: 0, acceptable: false }
  if (new TextEncoder().encode(password).length > longestBytes) return { state: 'long', level: 0, acceptable: false }
  if ([...password].length < shortest) return { state: 'short', level: 1, acceptable: false }
  const bits = guessedBits(password, username)
  if (bits < 36) return { state: 'weak', level: 1, acceptable: true }
  if (bits < 52) return { state: 'fair', level: 2, acceptable: true }
  return bits < 70 ? { state: 'good', level: 3, acceptable: true } : { state: 'strong', level: 4, acceptable: true }
}

/** About how many bits a patient guesser needs: letters that repeat, run on or form a known word count little. */
function guessedBits(password: string, username: string): number {
  let text = password.normalize('NFC').toLowerCase()
  let bits = 0
  for (const word of [...known, username.toLowerCase()]) {
    if (word.length < 3 || !text.includes(word)) continue
    text = text.replaceAll(word, '')
    bits += 6
  }
  const letters = [...text]
  const bitsPerLetter = Math.log2(alphabetOf(password))
  letters.forEach((letter, at) => {
    const step = at === 0 ? 9 : (letter.codePointAt(0) ?? 0) - (letters[at - 1]?.codePointAt(0) ?? 0)
    bits += Math.abs(step) <= 1 ? 1 : bitsPerLetter
  })
  const different = new Set(letters).size
  return Math.min(bits, different * bitsPerLetter * 1.6 + 6)
}

function alphabetOf(password: string): number {
  let size = 0
  if (/[a-z]/.test(password)) size += 26
  if (/[A-Z]/.test(password)) size += 26
  if (/\d/.test(password)) size += 10
  if (/[^\p{L}\p{N}]/u.test(password)) size += 30
  if (/[^\p{ASCII}]/u.test(password)) size += 800
  return Math.max(size, 10)
}
