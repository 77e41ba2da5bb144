/** What a message's text is made of, ready to be drawn: plain words, links, people, code, emphasis. */
export type Part =
  | { kind: 'text'; text: string }
  | { kind: 'link'; text: string; href: string }
  | { kind: 'mention'; text: string; account: number | 'all' }
  | { kind: 'code'; text: string }
  | { kind: 'block'; text: string; language?: string }
  | { kind: 'strong' | 'em' | 'paragraph'; parts: Part[] }

/** Usernames that a message calls, folded, with whom they mean. */
export type Mentioned = ReadonlyMap<string, number | 'all'>

// The last label of a host is plain letters, so that a Korean particle right behind an address stays outside.
const LINK = /https?:\/\/(?:[\p{L}\p{N}-]+\.)*(?:[a-z0-9-]+|한국)(?::\d{1,5})?(?:[/?#][^\s<>"]*)?/giu
const CALL = /(?<![\p{L}\p{N}_@])@([\p{L}\p{N}_.-]{1,40})/gu

/** Splits words that carry no markup into text, links and mentions. */
export function plainParts(text: string, mentioned: Mentioned): Part[] {
  const parts: Part[] = []
  let done = 0
  for (const found of text.matchAll(LINK)) {
    const shown = withoutTail(found[0])
    const href = safeHref(shown)
    if (!href) continue
    parts.push(...callParts(text.slice(done, found.index), mentioned), { kind: 'link', text: shownHost(shown, href), href })
    done = found.index + shown.length
  }
  parts.push(...callParts(text.slice(done), mentioned))
  return parts
}

/** Whether a text may hold markup; only then is the parser asked for. */
export const mayHaveMarkup = (text: string): boolean => /`|\*[^\s*]|(?:^|[^\p{L}\p{N}])_[^\s_]/u.test(text)

export const foldName = (name: string): string => name.normalize('NFKC').toLowerCase()

function callParts(text: string, mentioned: Mentioned): Part[] {
  if (mentioned.size === 0 || !text.includes('@')) return text === '' ? [] : [{ kind: 'text', text }]
  const parts: Part[] = []
  let done = 0
  for (const found of text.matchAll(CALL)) {
    const called = longestName(found[1] ?? '', mentioned)
    if (!called) continue
    if (found.index > done) parts.push({ kind: 'text', text: text.slice(done, found.index) })
    parts.push({ kind: 'mention', text: `@${called.name}`, account: called.account })
    done = found.index + 1 + called.name.length
  }
  if (done < text.length) parts.push({ kind: 'text', text: text.slice(done) })
  return parts
}

/** The longest beginning of `word` that is a called name: Korean writes particles right behind it. */
function longestName(word: string, mentioned: Mentioned): { name: string; account: number | 'all' } | undefined {
  for (let length = word.length; length > 1; length -= 1) {
    const account = mentioned.get(foldName(word.slice(0, length)))
    if (account !== undefined) return { name: word.slice(0, length), account }
  }
  return undefined
}

/** An address without the punctuation of the sentence around it. */
function withoutTail(address: string): string {
  let shown = address
  for (;;) {
    const last = shown.at(-1) ?? ''
    const open = { ')': '(', ']': '[', '}': '{' }[last]
    const closes = open !== undefined && count(shown, last) > count(shown, open)
    if (!closes && !/[.,!?;:'"*_~`…。、]/u.test(last)) return shown
    shown = shown.slice(0, -1)
  }
}

const count = (text: string, char: string): number => text.split(char).length - 1

function safeHref(address: string): string | undefined {
  try {
    const url = new URL(address)
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : undefined
  } catch {
    return undefined
  }
}

/** A host whose scripts mix may pretend to be another: it is shown as it is looked up. */
function shownHost(shown: string, href: string): string {
  const host = /^https?:\/\/([^/?#:]+)/iu.exec(shown)?.[1] ?? ''
  const scripts = ['Latin', 'Cyrillic', 'Greek', 'Armenian'].filter((script) => new RegExp(`\\p{Script=${script}}`, 'u').test(host.replace(/\.[a-z]+$/iu, '')))
  return scripts.length > 1 || (scripts.length === 1 && scripts[0] !== 'Latin') ? href : shown
}
