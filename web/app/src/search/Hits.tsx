import type { SearchHit } from '@madang/client'
import { useStore } from '@nanostores/react'
import { Paperclip } from 'lucide-react'
import { useMadang } from '../app/context.ts'
import { Link } from '../app/Link.tsx'
import { conversationPath } from '../app/routes.ts'
import { AccountAvatar, ConversationAvatar, Icon } from '../components/index.ts'
import { clockTime, exactTime, listTime, machineTime } from '../i18n/format.ts'
import { t } from '../i18n/index.ts'
import { Marked } from './Marked.tsx'

/** Messages that were found, those of one conversation that follow each other under its name. */
export function Hits({ hits }: { hits: SearchHit[] }) {
  return (
    <>
      {groupsOf(hits).map((group) => (
        <HitGroup key={`${group[0]?.conversation_id}.${group[0]?.seq}`} hits={group} />
      ))}
    </>
  )
}

/** Hits in their order, cut where the conversation changes. */
export function groupsOf(hits: SearchHit[]): SearchHit[][] {
  const groups: SearchHit[][] = []
  for (const hit of hits) {
    const last = groups.at(-1)
    if (last?.[0]?.conversation_id === hit.conversation_id) last.push(hit)
    else groups.push([hit])
  }
  return groups
}

function HitGroup({ hits }: { hits: SearchHit[] }) {
  const madang = useMadang()
  const id = hits[0]?.conversation_id ?? 0
  const conversation = useStore(madang.conversationOf(id))
  return (
    <section className="hit-group">
      <h3 className="hit-place">
        {conversation?.with ? <AccountAvatar account={conversation.with} size={24} /> : conversation && <ConversationAvatar conversation={conversation} size={24} />}
        <bdi className="cut">{conversation?.with?.display_name ?? conversation?.title ?? '…'}</bdi>
      </h3>
      <ul>
        {hits.map((hit) => (
          <Hit key={hit.seq} hit={hit} />
        ))}
      </ul>
    </section>
  )
}

function Hit({ hit }: { hit: SearchHit }) {
  const madang = useMadang()
  const me = useStore(madang.me)
  const sender = useStore(madang.accountOf(hit.sender_id))
  return (
    <li className="hit">
      <Link className="hit-link" to={conversationPath(hit.conversation_id, { seq: hit.seq })}>
        {sender && <AccountAvatar account={sender} size={36} />}
        <span className="grow">
          <span className="hit-head">
            <bdi className="strong cut">{hit.sender_id === me?.id ? t('search.you') : (sender?.display_name ?? '…')}</bdi>
            <When at={hit.sent_at} />
          </span>
          {hit.text && (
            <span className="hit-text">
              <Marked text={hit.text} highlights={hit.highlights} />
              {hit.edited_at !== undefined && <span className="meta"> {t('search.edited')}</span>}
            </span>
          )}
          {hit.files.map(({ file, highlights }) => (
            <span className="hit-file" key={file.id}>
              <Icon of={Paperclip} size={14} />
              <bdi className="cut">
                <Marked text={file.name} highlights={highlights} />
              </bdi>
            </span>
          ))}
        </span>
      </Link>
    </li>
  )
}

function When({ at }: { at: number }) {
  const day = listTime(at)
  const clock = clockTime(at)
  return (
    <time className="meta" dateTime={machineTime(at)} title={exactTime(at)}>
      {day === clock ? clock : `${day} ${clock}`}
    </time>
  )
}
