import { peopleEmoji } from './emojiPeople.ts'
import { worldEmoji } from './emojiWorld.ts'

/** One emoji a line: sign, English words, then Korean words after `|`. A `*` means that it takes a skin tone. */
export interface EmojiLines {
  key: 'faces' | 'hands' | 'hearts' | 'nature' | 'food' | 'places' | 'things' | 'signs'
  lines: string
}

/** Every emoji that can be picked, by group. */
export const emojiGroups: readonly EmojiLines[] = [...peopleEmoji, ...worldEmoji]
