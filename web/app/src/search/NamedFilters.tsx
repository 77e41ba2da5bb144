import type { Account, ConversationView } from '@madang/client'
import { useStore } from '@nanostores/react'
import { atom } from 'nanostores'
import { useEffect, useState } from 'react'
import { useMadang } from '../app/context.ts'
import { ConversationAvatar } from '../components/index.ts'
import { t } from '../i18n/index.ts'
import { accountMatches, conversationMatches } from '../people/matching.ts'
import { PersonLine } from '../people/PersonLine.tsx'
import { usePeople } from '../people/use-people.ts'
import { FindFilter, FindList, type Choice, type FilterProps, type ListProps } from './FindFilter.tsx'

/** What stands in a list at once; typing reaches the rest. */
const mostListed = 50

const $nobody = atom(undefined)

const nameOf = (one: ConversationView) => one.with?.display_name ?? one.title

/** In which conversation, found by its name. */
export function PlaceFilter(props: FilterProps) {
  const { place } = props.state
  const chosen = useStore(useMadang().conversations).find((one) => one.id === place)
  return <FindFilter label={t('search.in')} value={chosen ? nameOf(chosen) : t('search.in.any')} chosen={place !== undefined} list={Places} {...props} />
}

function Places({ state, onChange, onDone }: ListProps) {
  const [query, setQuery] = useState('')
  const found = useStore(useMadang().conversations).filter((one) => conversationMatches(one, query))
  const choices = found.slice(0, mostListed).map((one) => ({
    key: one.id,
    label: (
      <>
        <ConversationAvatar conversation={one} size={32} />
        <bdi className="grow cut">{nameOf(one)}</bdi>
      </>
    ),
    checked: one.id === state.place,
    onTake: () => onChange({ place: one.id }),
  }))
  const any: Choice = { key: 'any', label: <span className="grow">{t('search.in.any')}</span>, checked: state.place === undefined, onTake: () => onChange({ place: undefined }) }
  return (
    <FindList
      hint={t('search.in.find')}
      label={t('search.in.found')}
      query={query}
      onQuery={setQuery}
      choices={query.trim() ? choices : [any, ...choices]}
      nothing={t('search.in.none', { query })}
      onDone={onDone}
    />
  )
}

/** From whom: the people of the chosen conversation, those met already, or anybody found by name. */
export function PersonFilter(props: FilterProps) {
  const madang = useMadang()
  const { from } = props.state
  const me = useStore(madang.me)
  const person = useStore(from === undefined ? $nobody : madang.accountOf(from))
  const value = from === undefined ? t('search.from.any') : from === me?.id ? t('search.from.you') : (person?.display_name ?? '…')
  return <FindFilter label={t('search.from')} value={value} chosen={from !== undefined} list={Senders} {...props} />
}

function Senders({ state, onChange, onDone }: ListProps) {
  const madang = useMadang()
  const me = useStore(madang.me)
  const members = useStore(madang.membersOf(state.place ?? 0))
  const [query, setQuery] = useState('')
  const { people, state: found } = usePeople(query)
  useEffect(() => {
    if (state.place) madang.listMembers(state.place).catch(() => undefined)
  }, [madang, state.place])
  const typed = query.trim() !== ''
  const here = (state.place ? (members ?? []) : [])
    .map((member) => member.account)
    .filter((one) => one.id !== me?.id && accountMatches(one, query))
    .sort((one, other) => one.display_name.localeCompare(other.display_name))
  // Who has left a conversation is found by typing, and so is whoever was never met.
  const others = state.place && !typed ? [] : people.filter((one) => !here.some((other) => other.id === one.id))
  const person = (one: Account): Choice => ({
    key: one.id,
    label: <PersonLine account={one} />,
    checked: one.id === state.from,
    onTake: () => onChange({ from: one.id }),
  })
  const own: Choice[] = me && (!typed || accountMatches(me, query)) ? [{ ...person(me), label: <span className="grow">{t('search.from.you')}</span> }] : []
  const any: Choice = { key: 'any', label: <span className="grow">{t('search.from.any')}</span>, checked: state.from === undefined, onTake: () => onChange({ from: undefined }) }
  return (
    <FindList
      hint={t('people.find.hint')}
      label={t('people.found')}
      query={query}
      onQuery={setQuery}
      choices={[...(typed ? [] : [any]), ...own, ...[...here, ...others].slice(0, mostListed).map(person)]}
      nothing={found === 'done' ? t('people.none', { query }) : undefined}
      onDone={onDone}
    />
  )
}
