import { atom, onMount, type ReadableAtom, type WritableAtom } from 'nanostores'
import type { Connection } from './connection.ts'
import { asMadangError } from './errors.ts'
import type { People } from './people.ts'
import type { Account, Entry, Member } from './types.ts'

const PAGE = 200
const BELONGING: ReadonlySet<string> = new Set(['member_added', 'member_removed', 'role_changed'])

/** How far an account has come in a conversation. */
interface Mark {
  accountId: number
  read: number
  received: number
}

/** Who belongs to the conversations that somebody looks at, and how far they have read and received. */
export class Members {
  private readonly stores = new Map<number, WritableAtom<Member[] | undefined>>()
  private readonly watched = new Set<number>()
  private readonly asked = new Map<number, Promise<Member[]>>()
  /** What is heard while a list is under way: the list may have been read before. */
  private readonly heard = new Map<number, Mark[]>()
  /** Where somebody came, went or changed while the list was under way: it is asked for once more. */
  private readonly overtaken = new Set<number>()
  private readonly connection: Connection
  private readonly people: People

  constructor(connection: Connection, people: People) {
    this.connection = connection
    this.people = people
    connection.chat.on('receipts_changed', ({ account_id, shown }) => this.hide(account_id, shown))
    connection.chat.on('receipt', ({ conversation_id, account_id, read_seq, received_seq }) => this.mark(conversation_id, account_id, read_seq, received_seq))
  }

  membersOf(id: number): ReadableAtom<Member[] | undefined> {
    let store = this.stores.get(id)
    if (!store) {
      store = atom<Member[] | undefined>()
      this.stores.set(id, store)
      onMount(store, () => {
        this.watched.add(id)
        void this.load(id)
        return () => this.watched.delete(id)
      })
    }
    return store
  }

  list(id: number): Promise<Member[]> {
    let asked = this.asked.get(id)
    if (!asked) this.asked.set(id, (asked = this.fetch(id).finally(() => this.asked.delete(id))))
    return asked
  }

  private async fetch(id: number): Promise<Member[]> {
    let now: Member[]
    do {
      this.overtaken.delete(id)
      now = await this.fetchOnce(id)
      this.stores.get(id)?.set(now)
    } while (this.overtaken.has(id))
    return now
  }

  private async fetchOnce(id: number): Promise<Member[]> {
    const members: Member[] = []
    const heard: Mark[] = []
    this.heard.set(id, heard)
    let cursor: string | undefined
    do {
      const at = cursor
      const page = await this.connection.patiently(() =>
        this.connection.chat.ask('list_members', { conversation_id: id, limit: PAGE, ...(at !== undefined && { cursor: at }) }),
      )
      members.push(...page.members)
      cursor = page.cursor
    } while (cursor)
    this.people.learn(members.map((member) => member.account))
    return members.map((member) => heard.filter((mark) => mark.accountId === member.account.id).reduce(moved, member))
  }

  /** A member has another name or picture. */
  meet(account: Account): void {
    this.changeAll(account.id, (member) => ({ ...member, account }))
  }

  /** Marks may have moved unheard while there was no connection, or while they were hidden. */
  onReady(): void {
    for (const id of this.watched) void this.load(id)
  }

  receive(entry: Entry): void {
    if (entry.kind === 'message_created') this.mark(entry.conversation_id, entry.data.sender_id, entry.seq)
    if (BELONGING.has(entry.kind)) this.overtake(entry.conversation_id)
    const members = this.stores.get(entry.conversation_id)?.get()
    if (!members) return
    switch (entry.kind) {
      case 'member_added':
        void this.load(entry.conversation_id)
        break
      case 'member_removed':
        this.set(entry.conversation_id, members.filter((member) => member.account.id !== entry.data.account_id))
        break
      case 'role_changed': {
        const { account_id, role } = entry.data
        this.set(entry.conversation_id, members.map((member) => (member.account.id === account_id ? { ...member, role } : member)))
      }
    }
  }

  clear(): void {
    for (const store of this.stores.values()) store.set(undefined)
  }

  private async load(id: number): Promise<void> {
    try {
      await this.list(id)
    } catch (reason) {
      if (asMadangError(reason).code === 'not_found') this.stores.get(id)?.set(undefined)
    }
  }

  /** What was read was received. */
  private mark(id: number, accountId: number, read = 0, received = read): void {
    const mark = { accountId, read, received }
    if (this.asked.has(id)) this.heard.get(id)?.push(mark)
    const members = this.stores.get(id)?.get()
    const member = members?.find((one) => one.account.id === accountId)
    if (!members || !member) return
    const further = moved(member, mark)
    if (further !== member) this.set(id, members.map((one) => (one === member ? further : one)))
  }

  /** Somebody shows from now on, or no longer, how far they have read. */
  private hide(accountId: number, shown: boolean): void {
    if (!shown) this.changeAll(accountId, ({ read_seq: _read, received_seq: _received, ...member }) => member)
    else for (const id of this.watched) if (this.has(id, accountId)) void this.loadAgain(id)
  }

  private loadAgain(id: number): Promise<void> {
    this.overtake(id)
    return this.load(id)
  }

  private overtake(id: number): void {
    if (this.asked.has(id)) this.overtaken.add(id)
  }

  private has(id: number, accountId: number): boolean {
    return this.stores.get(id)?.get()?.some((one) => one.account.id === accountId) ?? false
  }

  private changeAll(accountId: number, changed: (member: Member) => Member): void {
    for (const [id, store] of this.stores) {
      if (this.has(id, accountId)) store.set(store.get()?.map((one) => (one.account.id === accountId ? changed(one) : one)))
    }
  }

  private set(id: number, members: Member[]): void {
    this.stores.get(id)?.set(members)
  }
}

/** Marks only move forward, and those that are not shown stay so. */
function moved(member: Member, { read, received }: Mark): Member {
  if (member.read_seq === undefined || member.received_seq === undefined) return member
  if (member.read_seq >= read && member.received_seq >= received) return member
  return { ...member, read_seq: Math.max(member.read_seq, read), received_seq: Math.max(member.received_seq, received) }
}
