import type { Message } from '@madang/client'
import { useStore } from '@nanostores/react'
import { Copy } from 'lucide-react'
import { atom } from 'nanostores'
import { Fragment, memo, useMemo, type ReactNode } from 'react'
import { useMadang } from '../../app/context.ts'
import { Link } from '../../app/Link.tsx'
import { conversationPath, parseRoute } from '../../app/routes.ts'
import { IconButton } from '../../components/index.ts'
import { t } from '../../i18n/index.ts'
import { foldName, mayHaveMarkup, plainParts, type Mentioned, type Part } from '../logic/textParts.ts'
import { copyText } from '../soon.ts'

type Parser = (text: string, mentioned: Mentioned) => Part[]

/** The markup parser is a file of its own, fetched when the first text asks for it. */
const $parser = atom<{ parse: Parser } | undefined>(undefined)
let asked = false

function askForParser(): void {
  if (asked) return
  asked = true
  void import('../logic/markdown.ts').then(({ markedParts }) => $parser.set({ parse: markedParts }))
}

const NOBODY: Mentioned = new Map()

/** What a message says: words, links, people, code, emphasis. */
export const MessageText = memo(function MessageText({ message }: { message: Message }) {
  const mentioned = useMentioned(message)
  const marked = mayHaveMarkup(message.text)
  const parser = useStore($parser)
  if (marked) askForParser()
  const parts = useMemo(() => (marked && parser ? parser.parse(message.text, mentioned) : plainParts(message.text, mentioned)), [marked, parser, message.text, mentioned])
  return <>{parts.map(shown)}</>
})

function useMentioned(message: Message): Mentioned {
  const ids = message.mentions.filter((who) => who !== 'all')
  const accounts = useStore(useMadang().accounts, { keys: ids })
  const names = ids.map((id) => `${id}:${accounts[id]?.username ?? ''}`).join(' ') + (message.mentions.includes('all') ? ' all' : '')
  return useMemo(() => (names === '' ? NOBODY : mentionedOf(names)), [names])
}

function mentionedOf(names: string): Mentioned {
  const found = new Map<string, number | 'all'>()
  for (const entry of names.split(' ')) {
    const [id = '', username = ''] = entry.split(':')
    if (id === 'all') found.set('all', 'all')
    else if (username !== '') found.set(foldName(username), Number(id))
  }
  return found
}

function shown(part: Part, index: number): ReactNode {
  switch (part.kind) {
    case 'text':
      return <Fragment key={index}>{part.text}</Fragment>
    case 'link': {
      const place = messagePlace(part.href)
      if (place) return <MessageLink key={index} {...place} shown={part.text} />
      return (
        <a key={index} className="link" href={part.href} target="_blank" rel="noopener noreferrer">
          {part.text}
        </a>
      )
    }
    case 'mention':
      return (
        <bdi key={index} className="mention">
          {part.text}
        </bdi>
      )
    case 'code':
      return <code key={index}>{part.text}</code>
    case 'block':
      return <CodeBlock key={index} text={part.text} />
    case 'strong':
      return <strong key={index}>{part.parts.map(shown)}</strong>
    case 'em':
      return <em key={index}>{part.parts.map(shown)}</em>
    case 'paragraph':
      return <p key={index}>{part.parts.map(shown)}</p>
  }
}

/** The message that an address of this very app leads to. */
function messagePlace(href: string): { id: number; seq: number } | undefined {
  const url = new URL(href)
  if (url.origin !== location.origin || url.search || url.hash) return undefined
  const route = parseRoute(url.pathname)
  return route.page === 'conversation' && route.aroundSeq !== undefined ? { id: route.id, seq: route.aroundSeq } : undefined
}

/** Jumps inside the app; a conversation that is not one's own stays an address, and says so when it is opened. */
function MessageLink({ id, seq, shown: address }: { id: number; seq: number; shown: string }) {
  const conversation = useStore(useMadang().conversationOf(id))
  const title = conversation && (conversation.with?.display_name ?? conversation.title)
  return (
    <Link className="link" to={conversationPath(id, { seq })}>
      {title ? t('message.link_in', { title }) : address}
    </Link>
  )
}

function CodeBlock({ text }: { text: string }) {
  return (
    <span className="code-block">
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
      <IconButton icon={Copy} iconSize={16} label={t('message.copy_code')} onClick={() => copyText(text, 'code')} />
    </span>
  )
}
