/** What one may do, as the server has it: so that nothing is offered that it refuses. */
import type { ConversationView, Message } from '@madang/client'

/** Whether one may say something: not in a group that has ended, nor where only admins write. */
export const mayWrite = ({ dissolved_at, rules, role }: ConversationView): boolean => dissolved_at === undefined && (rules.post === 'member' || role !== 'member')

/** Whether two people can write to each other no more, or not yet: for a block, or where only contacts do. */
export const isClosed = ({ relation, with: other }: ConversationView, onlyContacts: boolean): boolean =>
  other?.disabled === true || relation === 'blocked' || (onlyContacts && relation !== undefined && relation !== 'contact')

/** One's own words, and not those of somebody whom the message names. */
export const mayEdit = ({ sender_id, text, forward_of }: Message, me: number): boolean => sender_id === me && text !== '' && forward_of === undefined
