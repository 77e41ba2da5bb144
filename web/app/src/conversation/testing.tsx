import type { ConversationView, Item, Message, Timeline } from '@madang/client'
import { render } from '@testing-library/react'
import type { WritableAtom } from 'nanostores'
import type { ReactNode } from 'react'
import { vi } from 'vitest'
import { account, conversation, fakeMadang } from '../../tests/fake-madang.ts'
import { MadangContext } from '../app/context.ts'
import { MessageContextProvider, type MessageActions, type MessageContext } from './message/context.ts'

/** People and messages of the conversation's tests: 도윤 looks at the screen, ana and ben write. */
export const doyun = account(1, '도윤')
export const ana = account(2, 'ana')
export const ben = account(3, 'ben')
export const noon = new Date(2026, 10, 20, 12).getTime()

export function message(seq: number, sender_id: number, text: string, more: Partial<Message> = {}): Message {
  return { conversation_id: 7, seq, client_id: `client-${seq}`, sender_id, sent_at: noon + seq * 1000, text, attachments: [], mentions: [], reactions: [], ...more }
}

export const sent = (one: Message): Item => ({ kind: 'message', message: one, key: one.sender_id === doyun.id ? one.client_id : String(one.seq), state: 'sent' })

export const group = (more: Partial<ConversationView> = {}): ConversationView => conversation(7, { title: '마당', ...more })

/** A Madang whose conversation 7 holds these items. */
export function madangWith(items: Item[], view: ConversationView = group()) {
  const fake = fakeMadang({ accounts: [doyun, ana, ben], meId: doyun.id, conversations: [view] })
  const timeline = fake.madang.timelineOf(view.id) as WritableAtom<Timeline>
  const show = (next: Item[]) => timeline.set({ conversation_id: view.id, state: 'ready', items: next, known_seq: 99, more_before: false, more_after: false })
  show(items)
  return { ...fake, show }
}

/** Draws something that stands in a conversation. */
export function renderInConversation(what: ReactNode, fake = madangWith([]), more: Partial<MessageContext> = {}) {
  const actions = Object.fromEntries(
    ['reply', 'edit', 'askDelete', 'react', 'pickReaction', 'openMenu', 'copyText', 'copyLink', 'pin', 'removePreviews', 'openDialog', 'jumpTo', 'openPicture', 'retry', 'discard'].map((name) => [name, vi.fn()]),
  ) as unknown as { [Name in keyof MessageActions]: MessageActions[Name] & ReturnType<typeof vi.fn> }
  const context: MessageContext = { conversationId: 7, direct: false, me: doyun.id, mayAnswer: true, mayReact: true, pending: new Map(), actions, ...more }
  const drawn = render(
    <MadangContext value={fake.madang}>
      <MessageContextProvider value={context}>{what}</MessageContextProvider>
    </MadangContext>,
  )
  return { ...drawn, ...fake, actions }
}
