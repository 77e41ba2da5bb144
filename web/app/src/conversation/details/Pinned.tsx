import type { Message } from '@madang/client'
import { useStore } from '@nanostores/react'
import { useState } from 'react'
import { useMadang } from '../../app/context.ts'
import { Link } from '../../app/Link.tsx'
import { conversationPath } from '../../app/routes.ts'
import { TextButton } from '../../components/index.ts'
import { exactTime, listTime, machineTime } from '../../i18n/format.ts'
import { t } from '../../i18n/index.ts'
import '../../i18n/later.ts'
import { languageOf } from '../../i18n/names.ts'
import { usePins } from './usePins.ts'
import './pinned.css'

const SHOWN = 3

/** What is pinned, the last pinned first; a press goes there. Nothing as long as there is none. */
export function Pinned({ conversationId, me }: { conversationId: number; me: number }) {
  const { pins, more } = usePins(conversationId)
  const [all, setAll] = useState(false)
  if (pins.length === 0) return null
  const shown = all ? pins : pins.slice(0, SHOWN)
  return (
    <section className="pinned-list">
      <div className="section-head">
        <h3 className="label">
          {t('pins.title')} ({more ? `${pins.length}+` : pins.length})
        </h3>
      </div>
      <ul>
        {shown.map((message) => (
          <PinnedLine key={message.seq} message={message} me={me} />
        ))}
      </ul>
      {(shown.length < pins.length || (all && more)) && (
        <div className="members-all">
          <TextButton onClick={() => (all ? more?.() : setAll(true))}>{t('pins.all')}</TextButton>
        </div>
      )}
    </section>
  )
}

function PinnedLine({ message, me }: { message: Message; me: number }) {
  const author = useStore(useMadang().accountOf(message.sender_id))
  const text = message.text.trim() || t('message.label.files', { count: message.attachments.length })
  return (
    <li>
      <Link className="pinned-line" to={conversationPath(message.conversation_id, { seq: message.seq })} title={t('pins.jump')}>
        <span className="pinned-by">
          <bdi className="cut">{message.sender_id === me ? t('message.you') : author?.display_name}</bdi>
          <time className="meta" dateTime={machineTime(message.sent_at)} title={exactTime(message.sent_at)}>
            {listTime(message.sent_at)}
          </time>
        </span>
        <span className="pinned-said" lang={languageOf(text)} dir="auto">
          {text}
        </span>
      </Link>
    </li>
  )
}
