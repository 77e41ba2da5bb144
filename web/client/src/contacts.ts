import { atom, type ReadableAtom } from 'nanostores'
import type { ContactBook } from './api.ts'
import type { Connection } from './connection.ts'
import type { People } from './people.ts'
import type { Contact } from './types.ts'

const PAGE = 200

type Book = ReadonlyMap<number, Contact>

/** What others are to oneself: contacts, requests, blocked people. Loaded when somebody looks, kept current by events. */
export class Contacts implements ContactBook {
  readonly all: ReadableAtom<Book | undefined>
  private readonly book = atom<Book | undefined>()
  /** Counts what was heard: a page that was on its way meanwhile may be older. */
  private heard = 0
  private loading: Promise<void> | undefined
  private readonly connection: Connection
  private readonly people: People
  private readonly onChanged: (contact: Contact) => void

  constructor(connection: Connection, people: People, onChanged: (contact: Contact) => void) {
    this.connection = connection
    this.people = people
    this.onChanged = onChanged
    this.all = this.book
  }

  /** Loads them unless they are there. */
  load(): Promise<void> {
    return this.book.get() ? Promise.resolve() : this.loadAll()
  }

  async request(account_id: number, note = ''): Promise<Contact> {
    return this.put(await this.connection.chat.ask('request_contact', { account_id, ...(note && { note }) }))
  }

  async answer(account_id: number, accept: boolean): Promise<Contact> {
    return this.put(await this.connection.chat.ask('answer_contact', { account_id, accept }))
  }

  async remove(account_id: number): Promise<Contact> {
    return this.put(await this.connection.chat.ask('remove_contact', { account_id }))
  }

  async block(account_id: number): Promise<Contact> {
    return this.put(await this.connection.chat.ask('block', { account_id }))
  }

  async unblock(account_id: number): Promise<Contact> {
    return this.put(await this.connection.chat.ask('unblock', { account_id }))
  }

  /** Somebody is something else to oneself now, by one's own doing or theirs. */
  put(contact: Contact): Contact {
    this.heard += 1
    this.people.learn([contact.account])
    const book = this.book.get()
    if (book) this.book.set(changed(book, [contact]))
    this.onChanged(contact)
    return contact
  }

  /** Called when there is a connection again: what happened meanwhile was not heard. */
  onReady(): void {
    if (this.book.get()) void this.loadAll().catch(() => undefined)
  }

  private loadAll(): Promise<void> {
    this.loading ??= this.fetchAll().finally(() => (this.loading = undefined))
    return this.loading
  }

  private async fetchAll(): Promise<void> {
    const { connection } = this
    let heard: number
    let book: Book
    do {
      heard = this.heard
      book = new Map()
      let cursor: string | undefined
      do {
        const at = cursor
        const page = await connection.patiently(() =>
          connection.chat.ask('list_contacts', { limit: PAGE, ...(at !== undefined && { cursor: at }) }),
        )
        book = changed(book, page.contacts)
        cursor = page.cursor
      } while (cursor !== undefined)
    } while (heard !== this.heard)
    this.people.learn([...book.values()].map((one) => one.account))
    this.book.set(book)
  }
}

function changed(book: Book, contacts: Contact[]): Book {
  const next = new Map(book)
  for (const contact of contacts) {
    // Of accounts that are disabled only one's own blocks are kept, as in the server's list.
    const isGone = contact.relation === 'none' || (contact.account.disabled && contact.relation !== 'blocked')
    if (isGone) next.delete(contact.account.id)
    else next.set(contact.account.id, contact)
  }
  return next
}
