import type { Account, ConversationView } from '@madang/client'
import { Badge, ConversationAvatar } from '../components/index.ts'
import { t } from '../i18n/index.ts'
import { conversationMatches } from './matching.ts'
import { PersonLine } from './PersonLine.tsx'

/** Where to: a conversation, or a person with whom there is none yet. */
export type Place = { kind: 'conversation'; conversation: ConversationView } | { kind: 'person'; account: Account }

export const placeKey = (place: Place): string => (place.kind === 'person' ? `p${place.account.id}` : `c${place.conversation.id}`)

export function PlaceLine({ place }: { place: Place }) {
  return place.kind === 'person' ? <PersonLine account={place.account} /> : <ConversationLine conversation={place.conversation} />
}

function ConversationLine({ conversation }: { conversation: ConversationView }) {
  return (
    <>
      <ConversationAvatar conversation={conversation} size={32} />
      <span className="grow cut">
        <bdi>{conversation.with?.display_name ?? conversation.title}</bdi> {conversation.with ? <bdi className="small">@{conversation.with.username}</bdi> : <span className="small">{t('people.count', { count: conversation.member_count })}</span>}
      </span>
      <Badge count={conversation.unread} kind={conversation.kind === 'direct' ? 'call' : 'plain'} />
    </>
  )
}

/** Conversations in the order of the list, then people with whom there is none yet. */
export function placesFor(query: string, conversations: readonly ConversationView[], people: Account[]): Place[] {
  const found = conversations.filter((one) => conversationMatches(one, query)).slice(0, query.trim() ? 20 : 8)
  const spokenTo = new Set(conversations.map((one) => one.with?.id))
  const others = people.filter((one) => !spokenTo.has(one.id)).slice(0, 12)
  return [...found.map((conversation) => ({ kind: 'conversation' as const, conversation })), ...others.map((account) => ({ kind: 'person' as const, account }))]
}
