import type { Account, ConversationView } from '@madang/client'
import { useStore } from '@nanostores/react'
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'react'
import { useMadang } from '../../app/context.ts'
import { coming } from '../../app/soon.tsx'
import type { Asked } from '../logic/mentions.ts'
import type { ComposerField } from './field.ts'

export type Suggestion = { kind: 'person'; account: Account } | { kind: 'all' } | { kind: 'emoji'; sign: string; words: string }

const MAX_SUGGESTIONS = 8
const mentions = coming(() => import('../logic/mentions.ts'))

type EmojiFinder = (query: string) => Suggestion[]
let emojiFinder: EmojiFinder | undefined

/** Fetches the emoji words when the first colon asks for them. */
async function findEmojis(query: string): Promise<Suggestion[]> {
  if (!emojiFinder) {
    const { findEmoji } = await import('../logic/emoji.ts')
    emojiFinder = (typed) => findEmoji(typed, MAX_SUGGESTIONS).map((emoji) => ({ kind: 'emoji', sign: emoji.sign, words: [...emoji.words.slice(0, 2), emoji.korean[0]].join(' ') }))
  }
  return emojiFinder(query)
}

/** What is offered for what stands before the caret. */
export function useSuggestions(conversation: ConversationView, me: number) {
  const id = useId()
  const members = useStore(useMadang().membersOf(conversation.id))
  const [found, setFound] = useState<{ asked: Asked; list: Suggestion[]; chosen: number }>()
  /** What stands before the caret now: emoji that were looked for before are found too late. */
  const asking = useRef<Asked>(undefined)
  const area = useRef<HTMLTextAreaElement>(undefined)
  const list = found?.list ?? []
  const open = list.length > 0

  const people = (found: readonly Account[], query: string): Suggestion[] => {
    const offered: Suggestion[] = found.map((account) => ({ kind: 'person', account }))
    const mayCallAll = conversation.kind !== 'direct' && (conversation.rules.mention_all === 'member' || conversation.role !== 'member')
    return mayCallAll && 'all'.startsWith(query.toLowerCase()) ? [...offered.slice(0, MAX_SUGGESTIONS - 1), { kind: 'all' }] : offered
  }
  const close = () => {
    asking.current = undefined
    setFound(undefined)
  }
  const take = (index: number, element: HTMLTextAreaElement, field: ComposerField): boolean => {
    const suggestion = found?.list[index]
    if (!found || !suggestion) return false
    const text = suggestion.kind === 'emoji' ? suggestion.sign : suggestion.kind === 'all' ? '@all ' : `@${suggestion.account.username} `
    close()
    if (element.value.slice(found.asked.start, found.asked.start + 1) !== (suggestion.kind === 'emoji' ? ':' : '@')) return false
    field.insert(text, found.asked.start)
    close()
    return true
  }
  /** Looks at the text before the caret. A selection asks for nothing. */
  const look = (element: HTMLTextAreaElement) => {
    if (!/[@:]/.test(element.value)) return close()
    const logic = mentions.here
    // Somebody is quicker than the file that knows.
    if (!logic) return void mentions.come().then(() => lookAgain.current(element))
    const asked = element.selectionStart === element.selectionEnd ? logic.askedAt(element.value, element.selectionStart) : undefined
    if (!asked) return close()
    asking.current = asked
    area.current = element
    const show = (next: Suggestion[]) => setFound((before) => ({ asked, list: next, chosen: before?.asked.query === asked.query ? Math.min(before.chosen, Math.max(0, next.length - 1)) : 0 }))
    const others = (members ?? []).map((member) => member.account).filter((account) => account.id !== me)
    if (asked.kind === 'person') show(people(logic.suggestPeople(others, asked.query, MAX_SUGGESTIONS), asked.query))
    else void findEmojis(asked.query).then((next) => asking.current === asked && show(next))
  }
  const lookAgain = useRef(look)
  useLayoutEffect(() => {
    lookAgain.current = look
  })
  // Or quicker than the members, who are on their way when a conversation is opened.
  useEffect(() => {
    if (asking.current?.kind === 'person' && area.current) lookAgain.current(area.current)
  }, [members])
  return {
    id,
    open,
    list,
    chosen: found?.chosen ?? 0,
    choose: (chosen: number) => setFound((before) => before && { ...before, chosen }),
    close,
    take,
    accept: (element: HTMLTextAreaElement, field: ComposerField) => open && take(found?.chosen ?? 0, element, field),
    look,
    key: (event: KeyboardEvent, element: HTMLTextAreaElement, field: ComposerField): boolean => {
      if (!open || event.altKey || event.ctrlKey || event.metaKey) return false
      const at = found?.chosen ?? 0
      const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key]
      if (to !== undefined) setFound((before) => before && { ...before, chosen: (to + list.length) % list.length })
      else if (event.key === 'Tab' && !event.shiftKey) take(at, element, field)
      else return false
      return true
    },
    field: {
      // A field of several lines may not be a combobox; what it controls and which option is meant it may say.
      'aria-haspopup': 'listbox' as const,
      'aria-controls': open ? `${id}-list` : undefined,
      'aria-autocomplete': 'list' as const,
      'aria-activedescendant': open ? `${id}-${found?.chosen ?? 0}` : undefined,
    },
  }
}

export type SuggestionState = ReturnType<typeof useSuggestions>
