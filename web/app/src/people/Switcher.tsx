import type { Account, ConversationView } from '@madang/client'
import { useStore } from '@nanostores/react'
import { Search } from 'lucide-react'
import { useMemo, useState } from 'react'
import { useMadang } from '../app/context.ts'
import { navigate } from '../app/router.ts'
import { conversationPath } from '../app/routes.ts'
import { Dialog, Icon, toast } from '../components/index.ts'
import { t } from '../i18n/index.ts'
import '../i18n/later.ts'
import { placeKey, PlaceLine, placesFor, type Place } from './places.tsx'
import { refusalText } from './refusal.ts'
import { useListbox } from './use-listbox.ts'
import { usePeople } from './use-people.ts'
import './people.css'

type Choice = { kind: 'messages' } | Place

/** Ctrl+K: jump to a conversation, or to a person and begin one. */
export default function Switcher({ onClose }: { onClose: () => void }) {
  const madang = useMadang()
  const [query, setQuery] = useState('')
  const conversations = useStore(madang.conversations)
  const { people, state } = usePeople(query)
  const choices = useMemo(() => choicesFor(query, conversations, people), [query, conversations, people])
  const take = (index: number) => {
    const choice = choices[index]
    if (!choice) return
    onClose()
    if (choice.kind === 'messages') navigate(`/search?q=${encodeURIComponent(query.trim())}`)
    else if (choice.kind === 'conversation') navigate(conversationPath(choice.conversation.id))
    else
      void madang.openDirect(choice.account.id).then(
        (opened) => navigate(conversationPath(opened.id)),
        (reason: unknown) => toast({ kind: 'info', text: refusalText(madang, choice.account.display_name, reason) }),
      )
  }
  const listbox = useListbox({ count: choices.length, onTake: take })
  const firstPerson = choices.findIndex((choice) => choice.kind === 'person')
  return (
    <Dialog title={t('switcher.title')} onClose={onClose} place="top" bare width={560}>
      <div className="switcher" role="search">
        <label className="switcher-field">
          <Icon of={Search} />
          <span className="for-ears">{t('switcher.title')}</span>
          <input
            autoFocus
            value={query}
            placeholder={t('switcher.hint')}
            onChange={(event) => {
              setQuery(event.target.value)
              listbox.reset()
            }}
            {...listbox.field}
          />
          <kbd className="key">Esc</kbd>
        </label>
        <ul className="options" aria-label={t('switcher.title')} {...listbox.list}>
          {choices.map((choice, index) => (
            <li key={keyOf(choice)} data-first-person={index > 0 && (index === firstPerson || choice.kind === 'messages') ? '' : undefined} {...listbox.option(index)}>
              <ChoiceLine choice={choice} query={query.trim()} />
            </li>
          ))}
        </ul>
        {choices.every((choice) => choice.kind === 'messages') && state !== 'searching' && <p className="small nobody">{t('switcher.none', { query })}</p>}
      </div>
    </Dialog>
  )
}

const keyOf = (choice: Choice): string => (choice.kind === 'messages' ? 'm' : placeKey(choice))

function ChoiceLine({ choice, query }: { choice: Choice; query: string }) {
  if (choice.kind !== 'messages') return <PlaceLine place={choice} />
  return (
    <>
      <Icon of={Search} />
      <span className="grow cut">{query ? t('switcher.messages', { query }) : t('search.title')}</span>
    </>
  )
}

/** Conversations in the order of the list, then people with whom there is none yet, then the way to the messages. */
function choicesFor(query: string, conversations: ConversationView[], people: Account[]): Choice[] {
  return [...placesFor(query, conversations, people), { kind: 'messages' }]
}
