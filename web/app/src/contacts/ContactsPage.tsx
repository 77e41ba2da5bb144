import type { Contact } from '@madang/client'
import { ChevronDown, Search } from 'lucide-react'
import { useRef, useState, type ReactNode } from 'react'
import { useKeptFocus } from '../app/kept-focus.ts'
import { Button, Chips, Empty, Icon, Menu, PageTitle, SkeletonRows } from '../components/index.ts'
import { countText } from '../i18n/format.ts'
import { t } from '../i18n/index.ts'
import '../i18n/later.ts'
import { usePeople } from '../people/use-people.ts'
import { ContactRow } from './ContactRow.tsx'
import { contactsOf, type Order } from './order.ts'
import { useContacts, type ContactsHere } from './use-contacts.ts'
import './contacts.css'

type Part = 'people' | 'requests' | 'blocked'

const rows = { row: '.contact', buttons: '.contact-acts > button, .menu-anchor > button' }

/** Contacts, requests in both directions, blocked people; and anybody of this server, by name. */
export default function ContactsPage() {
  const contacts = useContacts()
  const [part, setPart] = useState<Part>('people')
  const [query, setQuery] = useState('')
  const page = useRef<HTMLDivElement>(null)
  const focus = useKeptFocus(page, rows)
  const received = contacts.all ? contactsOf(contacts.all, 'received').length : 0
  const parts: { value: Part; label: ReactNode }[] = [
    { value: 'people', label: t('contacts.people') },
    { value: 'requests', label: received > 0 ? t('contacts.requests_count', { count: countText(received) }) : t('contacts.requests') },
    { value: 'blocked', label: t('contacts.blocked') },
  ]
  return (
    <div className="pane-scroll">
      <div className="column contacts" ref={page} {...focus}>
        <header className="top">
          <PageTitle>{t('contacts.title')}</PageTitle>
          <Chips
            label={t('contacts.parts')}
            value={part}
            options={parts}
            onChange={(next) => {
              setPart(next)
              setQuery('')
            }}
          />
        </header>
        <label className="input" data-kind="search" role="search">
          <Icon of={Search} size={16} />
          <span className="for-ears">{t('contacts.find')}</span>
          <input value={query} autoComplete="off" placeholder={t('contacts.find')} onChange={(event) => setQuery(event.target.value)} />
        </label>
        {query.trim() === '' ? <Mine part={part} contacts={contacts} /> : <Everybody query={query} contacts={contacts} />}
      </div>
    </div>
  )
}

function Mine({ part, contacts }: { part: Part; contacts: ContactsHere }) {
  const { all, book, failed, again } = contacts
  const [order, setOrder] = useState<Order>('name')
  if (!all) {
    if (!failed) return <SkeletonRows count={4} />
    return (
      <Empty text={t('error.no_answer')}>
        <Button onClick={again}>{t('contacts.try_again')}</Button>
      </Empty>
    )
  }
  const [received, sent, people, blocked] = [contactsOf(all, 'received'), contactsOf(all, 'sent'), contactsOf(all, 'contact', order), contactsOf(all, 'blocked')]
  if (part === 'blocked') return blocked.length > 0 ? <Rows title={t('contacts.blocked')} contacts={blocked} book={book} /> : <Empty text={t('contacts.none_blocked')} />
  const requests = (
    <>
      <Rows title={t('contacts.received')} contacts={received} book={book} />
      <Rows title={t('contacts.sent')} contacts={sent} book={book} />
    </>
  )
  if (part === 'requests') return received.length + sent.length > 0 ? requests : <Empty text={t('contacts.none_requests')} />
  return (
    <>
      {requests}
      <Rows title={t('contacts.people_count', { count: people.length })} contacts={people} book={book}>
        <Menu
          label={t('contacts.order')}
          items={(['name', 'latest'] as const).map((value) => ({ key: value, label: t(`contacts.order.${value}`), checked: value === order, onSelect: () => setOrder(value) }))}
          trigger={
            <button className="text-button" type="button" data-kind="quiet">
              {t(`contacts.order.${order}`)}
              <Icon of={ChevronDown} size={14} />
            </button>
          }
        />
      </Rows>
      {people.length === 0 && <Empty text={t('contacts.none')} />}
    </>
  )
}

/** Everybody whose name fits, whatever they are to me. */
function Everybody({ query, contacts }: { query: string; contacts: ContactsHere }) {
  const { people, state } = usePeople(query)
  if (people.length === 0) return state === 'searching' ? <SkeletonRows count={3} /> : <p className="small nobody">{state === 'failed' ? t('error.no_answer') : t('people.none', { query })}</p>
  return (
    <ul aria-label={t('people.found')}>
      {people.map((account) => (
        <ContactRow key={account.id} account={account} contact={contacts.all?.get(account.id)} book={contacts.book} />
      ))}
    </ul>
  )
}

function Rows({ title, contacts, book, children }: { title: string; contacts: Contact[]; book: ContactsHere['book']; children?: ReactNode }) {
  if (contacts.length === 0) return null
  return (
    <section aria-label={title}>
      <div className="group">
        <h2 className="label grow">{title}</h2>
        {children}
      </div>
      <ul>
        {contacts.map((contact) => (
          <ContactRow key={contact.account.id} account={contact.account} contact={contact} book={book} />
        ))}
      </ul>
    </section>
  )
}
