import { atom } from 'nanostores'

const KEY = 'madang.emoji'
const MOST = 18
/** What is offered before anything has been chosen. */
export const QUICK = ['👍', '🧡', '😄', '🎉', '🙏'] as const

interface Kept {
  recent: string[]
  tone: number
}

/** The emoji chosen last and the skin tone, on this device. */
export const $emojiChoice = atom<Kept>(load())

export function rememberEmoji(sign: string): void {
  const { recent, tone } = $emojiChoice.get()
  keep({ recent: [sign, ...recent.filter((one) => one !== sign)].slice(0, MOST), tone })
}

export const chooseTone = (tone: number): void => keep({ ...$emojiChoice.get(), tone })

function keep(next: Kept): void {
  $emojiChoice.set(next)
  try {
    localStorage.setItem(KEY, JSON.stringify(next))
  } catch {
    // Without storage it is remembered as long as the tab lives.
  }
}

function load(): Kept {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Kept>
    return { recent: Array.isArray(kept.recent) ? kept.recent.filter((one) => typeof one === 'string').slice(0, MOST) : [], tone: typeof kept.tone === 'number' ? kept.tone : 0 }
  } catch {
    return { recent: [], tone: 0 }
  }
}
