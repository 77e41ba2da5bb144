import type { Message } from '@madang/client'
import { useStore } from '@nanostores/react'
import { Search } from 'lucide-react'
import { useMemo, useState } from 'react'
import { useMadang } from '../../app/context.ts'
import { navigate } from '../../app/router.ts'
import { conversationPath } from '../../app/routes.ts'
import { Dialog, FieldError, Icon, toast } from '../../components/index.ts'
import { errorText } from '../../i18n/errors.ts'
import { t } from '../../i18n/index.ts'
import '../../i18n/later.ts'
import { placeKey, PlaceLine, placesFor, type Place } from '../../people/places.tsx'
import { refusalText } from '../../people/refusal.ts'
import { useListbox } from '../../people/use-listbox.ts'
import { usePeople } from '../../people/use-people.ts'
import { mayWrite } from '../logic/rights.ts'
import '../../people/people.css'
import './forward.css'

/** Where else a message is to be said: the conversations of late, or who and what is looked for. */
export default function ForwardDialog({ message, onClose }: { message: Message; onClose: () => void }) {
  const madang = useMadang()
  const [query, setQuery] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string>()
  const conversations = useStore(madang.conversations)
  const { people, state } = usePeople(query)
  const choices = useMemo(() => placesFor(query, conversations.filter((one) => mayWrite(one) && one.relation !== 'blocked'), people), [query, conversations, people])
  const take = async (choice: Place | undefined) => {
    if (!choice || busy) return
    setBusy(true)
    setError(undefined)
    try {
      const to = choice.kind === 'person' ? await madang.openDirect(choice.account.id) : choice.conversation
      await madang.forward(message.conversation_id, message.seq, to.id)
      onClose()
      toast({ text: t('forward.done', { name: to.with?.display_name ?? to.title }), action: { label: t('forward.open'), run: () => navigate(conversationPath(to.id)) } })
    } catch (reason) {
      setError(choice.kind === 'person' ? refusalText(madang, choice.account.display_name, reason) : errorText(reason))
      setBusy(false)
    }
  }
  const listbox = useListbox({ count: choices.length, onTake: (index) => void take(choices[index]) })
  const firstPerson = choices.findIndex((choice) => choice.kind === 'person')
  return (
    <Dialog title={t('forward.title')} onClose={onClose} place="top" width={480}>
      <div className="forward" aria-busy={busy}>
        <p className="forward-said" dir="auto">
          {message.text.trim() || t('message.label.files', { count: message.attachments.length })}
        </p>
        <label className="field">
          <span className="for-ears">{t('forward.hint')}</span>
          <span className="input">
            <Icon of={Search} />
            <input
              data-first-focus=""
              value={query}
              placeholder={t('forward.hint')}
              onChange={(event) => {
                setQuery(event.target.value)
                listbox.reset()
              }}
              {...listbox.field}
            />
          </span>
        </label>
        {error && <FieldError>{error}</FieldError>}
        <ul className="options" aria-label={t('forward.hint')} {...listbox.list}>
          {choices.map((choice, index) => (
            <li key={placeKey(choice)} data-first-person={index === firstPerson && index > 0 ? '' : undefined} {...listbox.option(index)}>
              <PlaceLine place={choice} />
            </li>
          ))}
        </ul>
        {choices.length === 0 && state !== 'searching' && <p className="small">{t('switcher.none', { query })}</p>}
      </div>
    </Dialog>
  )
}
