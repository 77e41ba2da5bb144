// One emoji as people see it: a flag, a keycap, or pictographs joined with tones and joiners.
const ONE = /^(?:\p{Regional_Indicator}{2}|[#*\d]\uFE0F?\u20E3|(?=\p{Extended_Pictographic})\p{Emoji}[\uFE0F\u200D\p{Emoji_Modifier}\p{Extended_Pictographic}\u{E0020}-\u{E007F}]*)$/u
const MAX = 3

let segmenter: Intl.Segmenter | undefined

/** Whether a message is one to three emoji and nothing else: it is then shown large, without a bubble. */
export function isBigEmoji(text: string): boolean {
  const bare = text.replace(/\s/gu, '')
  if (bare === '' || bare.length > 48) return false
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' })
  const parts = Array.from(segmenter.segment(bare), ({ segment }) => segment)
  return parts.length <= MAX && parts.every((part) => ONE.test(part))
}
