import { Search } from 'lucide-react'
import { useState } from 'react'
import { useMadang } from '../app/context.ts'
import { navigate } from '../app/router.ts'
import { conversationPath } from '../app/routes.ts'
import { Dialog, FieldError, Icon, SkeletonRows } from '../components/index.ts'
import { t } from '../i18n/index.ts'
import '../i18n/later.ts'
import { PersonLine } from './PersonLine.tsx'
import { refusalText } from './refusal.ts'
import { useListbox } from './use-listbox.ts'
import { usePeople } from './use-people.ts'
import './people.css'

/** Find somebody by name or username, and begin to talk. */
export default function FindPerson({ onClose }: { onClose: () => void }) {
  const madang = useMadang()
  const [query, setQuery] = useState('')
  const [error, setError] = useState<string>()
  const { people, state } = usePeople(query)
  const take = (index: number) => {
    const person = people[index]
    if (!person) return
    void madang.openDirect(person.id).then(
      (opened) => {
        onClose()
        navigate(conversationPath(opened.id))
      },
      (reason: unknown) => setError(refusalText(madang, person.display_name, reason)),
    )
  }
  const listbox = useListbox({ count: people.length, onTake: take })
  return (
    <Dialog title={t('people.find')} onClose={onClose} place="top">
      <div className="find-person" role="search">
        <label className="input" data-kind="search">
          <Icon of={Search} size={16} />
          <span className="for-ears">{t('people.find')}</span>
          <input
            autoFocus
            value={query}
            placeholder={t('people.find.hint')}
            onChange={(event) => {
              setQuery(event.target.value)
              setError(undefined)
              listbox.reset()
            }}
            {...listbox.field}
          />
        </label>
        {error && <FieldError>{error}</FieldError>}
        <ul className="options" aria-label={t('people.found')} {...listbox.list}>
          {people.map((person, index) => (
            <li key={person.id} {...listbox.option(index)}>
              <PersonLine account={person} />
            </li>
          ))}
        </ul>
        {people.length === 0 && (state === 'searching' ? <SkeletonRows count={3} /> : <p className="small nobody">{query ? t('people.none', { query }) : t('people.nobody')}</p>)}
      </div>
    </Dialog>
  )
}
