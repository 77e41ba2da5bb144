import type { Message } from '@madang/client'
import { atom } from 'nanostores'

/** The picture that is shown large, and the conversation whose pictures stand beside it. */
export const $lightbox = atom<{ conversationId: number; seq: number; fileId: number; message: Message } | undefined>(undefined)

export const openLightbox = (conversationId: number, message: Message, fileId: number): void =>
  $lightbox.set({ conversationId, seq: message.seq, fileId, message })

export const closeLightbox = (): void => $lightbox.set(undefined)
