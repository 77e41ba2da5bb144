import type { Account, ConversationView } from '@madang/client'
import { useStore } from '@nanostores/react'
import { useMadang } from '../app/context.ts'
import { Link } from '../app/Link.tsx'
import { navigate } from '../app/router.ts'
import { conversationPath } from '../app/routes.ts'
import { ConversationAvatar, toast } from '../components/index.ts'
import { t } from '../i18n/index.ts'
import { conversationMatches } from '../people/matching.ts'
import { PersonLine } from '../people/PersonLine.tsx'
import { refusalText } from '../people/refusal.ts'
import { usePeople } from '../people/use-people.ts'

const most = 5

/** People and conversations whose names fit what is typed. */
export function Names({ query }: { query: string }) {
  const madang = useMadang()
  const conversations = useStore(madang.conversations)
  const { people } = usePeople(query)
  const places = conversations.filter((one) => conversationMatches(one, query)).slice(0, most)
  const spokenTo = new Set(conversations.map((one) => one.with?.id))
  const others = people.filter((one) => !spokenTo.has(one.id)).slice(0, most)
  if (places.length + others.length === 0) return null
  return (
    <section className="names" aria-labelledby="search-names">
      <h2 className="label" id="search-names">
        {t('search.names')}
      </h2>
      <ul>
        {places.map((one) => (
          <Place key={`c${one.id}`} conversation={one} />
        ))}
        {others.map((one) => (
          <Person key={`p${one.id}`} account={one} />
        ))}
      </ul>
    </section>
  )
}

function Place({ conversation }: { conversation: ConversationView }) {
  return (
    <li>
      <Link className="name-line" to={conversationPath(conversation.id)}>
        <ConversationAvatar conversation={conversation} size={32} />
        <span className="grow cut">
          <bdi>{conversation.with?.display_name ?? conversation.title}</bdi>{' '}
          <span className="small">{conversation.with ? `@${conversation.with.username}` : t('people.count', { count: conversation.member_count })}</span>
        </span>
      </Link>
    </li>
  )
}

function Person({ account }: { account: Account }) {
  const madang = useMadang()
  const open = () =>
    void madang.openDirect(account.id).then(
      (opened) => navigate(conversationPath(opened.id)),
      (reason: unknown) => toast({ kind: 'info', text: refusalText(madang, account.display_name, reason) }),
    )
  return (
    <li>
      <button className="name-line" type="button" onClick={open}>
        <PersonLine account={account} />
      </button>
    </li>
  )
}
