import type { Anchor } from '../logic/anchor.ts'

/** Where each conversation was left in this visit; nothing for the bottom. */
export interface Left {
  anchor: Anchor
  /** The anchor row's place in the log, to load around it when it has gone. */
  seq: number
}

const left = new Map<number, Left>()

export const placeLeft = (conversationId: number): Left | undefined => left.get(conversationId)

export function leavePlace(conversationId: number, place: Left | undefined): void {
  if (place) left.set(conversationId, place)
  else left.delete(conversationId)
}
