import type { Message, StoredFile } from '@madang/client'
import { createContext, useContext } from 'react'

/** Where it is, where else it is to be said, what is wrong with it. */
export type MessageDialog = 'trace' | 'forward' | 'report'

/** What can be done with a message of the open conversation. */
export interface MessageActions {
  reply(message: Message): void
  edit(message: Message): void
  askDelete(message: Message, key: string): void
  react(message: Message, emoji: string): void
  /** Opens the emoji picker at an element. */
  pickReaction(message: Message, at: HTMLElement): void
  openMenu(key: string, at: HTMLElement): void
  copyText(message: Message): void
  copyLink(message: Message): void
  pin(message: Message): void
  removePreviews(message: Message): void
  /** Opens one of the dialogs about a message. */
  openDialog(kind: MessageDialog, message: Message, key: string): void
  jumpTo(seq: number): void
  openPicture(message: Message, file: StoredFile): void
  retry(message: Message): void
  discard(message: Message): void
}

/** The open conversation, as its messages need to know it. */
export interface MessageContext {
  conversationId: number
  direct: boolean
  me: number
  /** Whether one writes here, and whether one may react: elsewhere one only reads. */
  mayAnswer: boolean
  mayReact: boolean
  /** Reactions on their way, by `seq emoji`: whether they are being added. */
  pending: ReadonlyMap<string, boolean>
  actions: MessageActions
}

export const MessageContextProvider = createContext<MessageContext | undefined>(undefined)

export function useMessageContext(): MessageContext {
  const context = useContext(MessageContextProvider)
  if (!context) throw new Error('A message stands in a conversation.')
  return context
}
