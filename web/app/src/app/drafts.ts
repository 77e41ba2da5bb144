import { map } from 'nanostores'

/** What was typed and not sent, per conversation and account. Survives reload and sign-out; shared between tabs. */
export interface Draft {
  text: string
  caret?: number
  replyToSeq?: number
}

const prefix = 'madang.draft.'

/** All drafts of this browser by `accountId.conversationId`. The sidebar shows them; the composer keeps them. */
export const $drafts = map<Record<string, Draft | undefined>>(load())

export const draftKey = (accountId: number, conversationId: number): string => `${accountId}.${conversationId}`

export function keepDraft(accountId: number, conversationId: number, draft: Draft | undefined): void {
  const key = draftKey(accountId, conversationId)
  const worth = draft && (draft.text.trim() !== '' || draft.replyToSeq !== undefined) ? draft : undefined
  $drafts.setKey(key, worth)
  try {
    if (worth) localStorage.setItem(prefix + key, JSON.stringify(worth))
    else localStorage.removeItem(prefix + key)
  } catch {
    // Without storage a draft lives as long as the tab.
  }
}

/** Takes over what other tabs type. Returns how to stop. */
export function shareDrafts(): () => void {
  const changed = (event: StorageEvent) => {
    if (event.key?.startsWith(prefix)) $drafts.setKey(event.key.slice(prefix.length), parse(event.newValue))
  }
  addEventListener('storage', changed)
  return () => removeEventListener('storage', changed)
}

function load(): Record<string, Draft | undefined> {
  const drafts: Record<string, Draft | undefined> = {}
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(prefix)) drafts[key.slice(prefix.length)] = parse(localStorage.getItem(key))
    }
  } catch {
    return {}
  }
  return drafts
}

function parse(text: string | null): Draft | undefined {
  try {
    const value = JSON.parse(text ?? 'null') as Partial<Draft> | null
    return value && typeof value.text === 'string' ? { ...value, text: value.text } : undefined
  } catch {
    return undefined
  }
}
