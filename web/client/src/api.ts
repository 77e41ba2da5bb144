import type { MapStore, ReadableAtom } from 'nanostores'
import type { MadangError } from './errors.ts'
import type { OutboxStorage } from './outboxDb.ts'
import type {
  Account, ChangeConversation, Contact, Conversation, Counts, CreateGroup, Entry, File as StoredFile, FileUse, Invite, InviteCreated, InvitePreview, Member,
  Message, Notification, NotificationRules, OpenConversationsPage, OwnAccount, PinsPage, Preferences, Presence, SearchMessages, SearchPage, ServerInfo,
  Session, SetRules, Status, Trace, Welcome,
} from './types.ts'

/** What `createMadang` takes. Everything has a default that is right for a page served by Madang itself. */
export interface MadangOptions {
  /** Where the server is, without a path; `''` is the page's own origin. */
  url?: string
  /** Where messages wait until they are sent. Default: IndexedDB, and memory where there is none. */
  storage?: OutboxStorage
  /** A bearer token; without one the session cookie says who you are. */
  token?: string
  /** How long a command may stay unanswered before it is asked again. Default: 10 seconds. */
  answerTimeoutMs?: number
}

export type SessionState =
  | { state: 'unknown' }
  | { state: 'signed-out'; reason?: 'ended' | 'expired' }
  | { state: 'signed-in'; account: OwnAccount; session: Session }

/** What the connection banner shows; `until` is the time of the next try in UTC ms. */
export type ConnectionState =
  | { state: 'connecting' | 'online' | 'offline' | 'catching-up' }
  | { state: 'waiting'; until: number }

/** A conversation with what only this device knows. */
export type ConversationView = Conversation & {
  /** Messages of this device that failed to be sent. */
  not_sent: number
}

export interface Timeline {
  conversation_id: number
  state: 'empty' | 'loading' | 'ready'
  /** By seq, oldest first, then what waits in the outbox in the order written. */
  items: Item[]
  /** The newest entry of the log that this timeline holds. */
  known_seq: number
  more_before: boolean
  more_after: boolean
}

export type SentItem = { kind: 'message'; message: Message; key: string; state: 'sent' }
export type UnsentItem = {
  kind: 'message'
  /** `seq` is 0 until the server has given it one. */
  message: Message
  key: string
  state: 'sending' | 'waiting' | 'failed'
  error?: MadangError
  uploads?: Upload[]
  queued_at: number
}
export type SystemItem = { kind: 'system'; entry: Entry; key: string; state: 'sent' }
/** One line of a timeline. `key` stays the same when a message yields to its stored twin. */
export type Item = SentItem | UnsentItem | SystemItem

export interface UploadProgress {
  state: 'uploading' | 'done' | 'failed' | 'cancelled'
  /** 0 to 1. */
  part: number
  stored?: StoredFile
  error?: MadangError
  /** Where the server has what has come in, for a file that can go on there. */
  address?: string
  /** Whether this browser keeps the file, so that it goes on after a reload; not known at first. */
  kept?: boolean
}

/** A file on its way to the server. */
export interface Upload {
  id: string
  file: globalThis.File
  progress: ReadableAtom<UploadProgress>
  cancel(): void
  retry(): void
}

export interface Draft {
  text: string
  reply_to?: Message
  uploads?: Upload[]
}

export type NotificationFilter = 'all' | 'unread' | 'mentions' | 'requests'
export type NotificationChoice = { ids: number[] } | { group: string } | { all: true }
export type ArchiveChoice = { ids: number[] } | { group: string } | { all_read: true }

/** One's contacts, requests to and from oneself, and whom one has blocked. */
export interface ContactBook {
  /** By account id; `undefined` until they are loaded. Who is nothing to oneself is not in it. */
  all: ReadableAtom<ReadonlyMap<number, Contact> | undefined>
  load(): Promise<void>
  /** Asks somebody; who has asked oneself is accepted by that. */
  request(accountId: number, note?: string): Promise<Contact>
  answer(accountId: number, accept: boolean): Promise<Contact>
  /** Ends being contacts, or takes a request back. */
  remove(accountId: number): Promise<Contact>
  block(accountId: number): Promise<Contact>
  unblock(accountId: number): Promise<Contact>
}

/** The bell and the inbox. */
export interface Notifications {
  /** `undefined` until `load` has been called. */
  items: ReadableAtom<Notification[] | undefined>
  counts: ReadableAtom<Counts>
  /** Whether `loadMore` has more. */
  more: ReadableAtom<boolean>
  load(filter?: NotificationFilter): Promise<void>
  loadMore(): Promise<void>
  markSeen(): Promise<void>
  markRead(choice: NotificationChoice): Promise<void>
  archive(choice: ArchiveChoice): Promise<void>
}

export type GroupOptions = Pick<CreateGroup, 'open' | 'description' | 'picture_file_id'>
export type GroupChanges = Omit<ChangeConversation, 'conversation_id'>

/** What one wants to be told of, and when it is quiet; the same on all devices. */
export interface TellingRules {
  /** `undefined` until they have been asked for; current from then on. */
  current: ReadableAtom<NotificationRules | undefined>
  /** What is known, or what the server says. */
  load(): Promise<NotificationRules>
  set(changes: SetRules): Promise<NotificationRules>
}

export interface PreferenceChanges {
  notify?: Preferences['notify']
  /** UTC ms; 0 ends a mute. */
  muted_until?: number
  pinned?: boolean
  archived?: boolean
}

/** What is left out stays. `picture_file_id` 0 takes the picture away. */
export interface OwnChange {
  display_name?: string
  picture_file_id?: number
  hides_last_seen?: boolean
  hides_receipts?: boolean
}

/** One person's connection to one server: stores to read, actions to call. Actions reject with `MadangError`. */
export interface Madang {
  // Session
  session: ReadableAtom<SessionState>
  welcome(): Promise<Welcome>
  /** Asks who is signed in, and connects when somebody is. */
  start(): Promise<void>
  stop(): void
  signIn(who: { username: string; password: string }): Promise<void>
  createAccount(who: {
    username: string
    password: string
    display_name?: string
    invitation?: string
    claim?: string
  }): Promise<void>
  signOut(): Promise<void>
  sessions(): Promise<Session[]>
  endSession(id: number): Promise<void>
  endOtherSessions(): Promise<void>
  changePassword(current: string, next: string): Promise<void>
  changeMe(changes: OwnChange): Promise<OwnAccount>
  /** What others are shown from now on; what is left out is empty. */
  setStatus(status: Status): Promise<void>

  // Connection
  connection: ReadableAtom<ConnectionState>
  /** The server's name, version and limits; known after the first `ready`. */
  server: ReadableAtom<ServerInfo | undefined>
  /** Whether this tab looks after desktop notices and sounds; one of a browser does. */
  leading: ReadableAtom<boolean>
  reconnectNow(): void
  /** Whether this device has the person's attention; an app calls it on focus and blur. */
  setActive(active: boolean): void

  // People
  accounts: MapStore<Record<number, Account>>
  /** Asks the server when the account is unknown. */
  accountOf(id: number): ReadableAtom<Account | undefined>
  me: ReadableAtom<OwnAccount | undefined>
  /** Watched while somebody listens. */
  presenceOf(id: number): ReadableAtom<Presence | undefined>
  findPeople(query: string): Promise<Account[]>
  /** Fetches the code for them when it is first asked for. */
  contacts(): Promise<ContactBook>

  // Conversations
  /** Pinned first, then by last activity. */
  conversations: ReadableAtom<ConversationView[]>
  conversationOf(id: number): ReadableAtom<ConversationView | undefined>
  openDirect(accountId: number): Promise<Conversation>
  createGroup(title: string, accountIds: number[], more?: GroupOptions): Promise<Conversation>
  /** `picture_file_id` 0 takes the picture away. */
  changeConversation(id: number, changes: GroupChanges): Promise<Conversation>
  addMembers(id: number, accountIds: number[]): Promise<Conversation>
  removeMember(id: number, accountId: number): Promise<void>
  setRole(id: number, accountId: number, role: 'admin' | 'member'): Promise<void>
  handOver(id: number, accountId: number): Promise<Conversation>
  leave(id: number): Promise<void>
  /** Ends a group: it can be read, and nobody writes in it any more. */
  dissolve(id: number): Promise<void>
  /** A link into a group; its code is told only now. */
  createInvite(id: number, how: { good_for_s: number; uses?: number }): Promise<InviteCreated>
  listInvites(id: number): Promise<Invite[]>
  revokeInvite(id: number, inviteId: number): Promise<void>
  /** What one joins by a code; also for who is not signed in. */
  previewInvite(code: string): Promise<InvitePreview>
  joinByInvite(code: string): Promise<Conversation>
  findOpenConversations(query: string, cursor?: string): Promise<OpenConversationsPage>
  joinOpenConversation(id: number): Promise<Conversation>
  setPreferences(id: number, changes: PreferenceChanges): Promise<Preferences>
  listMembers(id: number): Promise<Member[]>
  /** Loaded when somebody listens, kept current by entries and receipts. */
  membersOf(id: number): ReadableAtom<Member[] | undefined>

  // Timeline
  timelineOf(id: number): ReadableAtom<Timeline>
  /** The newest page, or the page around the first unread message. */
  openTimeline(id: number): Promise<void>
  loadOlder(id: number): Promise<void>
  loadNewer(id: number): Promise<void>
  loadAround(id: number, seq: number): Promise<void>
  jumpToLatest(id: number): Promise<void>
  /** Shows at once and goes to the outbox. */
  send(id: number, draft: Draft): void
  retry(id: number, clientId: string): void
  discard(id: number, clientId: string): void
  edit(id: number, seq: number, text: string): Promise<void>
  remove(id: number, seq: number): Promise<void>
  react(id: number, seq: number, emoji: string, on: boolean): Promise<void>
  /** Puts a message on top of its conversation for everybody, or takes it down. */
  pin(id: number, seq: number, on: boolean): Promise<void>
  /** The last pinned first. */
  listPins(id: number, cursor?: string): Promise<PinsPage>
  /** Says a message again in another conversation, with its files and who wrote it first. */
  forward(id: number, seq: number, toId: number): Promise<void>
  /** Takes the cards away from a message of one's own. */
  removePreviews(id: number, seq: number): Promise<void>
  /** Tells the admins of the group and of the server. */
  report(id: number, seq: number, reason: string): Promise<void>
  /** Where a message of one's own is, or anybody's for an admin of the server; a page of members at a time. */
  trace(id: number, seq: number, cursor?: string): Promise<Trace>
  /** Messages that this person may see now; a page's `cursor` goes into the next question. */
  search(asked: SearchMessages): Promise<SearchPage>
  /** Only forward, at most once a second. */
  markRead(id: number, seq: number): void
  /** Somebody looks at what they have read: what the inbox says of it is read too. */
  lookAt(id: number): void
  typing(id: number): void
  stopTyping(id: number): void
  /** Who writes now, without oneself. */
  typingIn(id: number): ReadableAtom<number[]>

  // Files
  /** Kept on this device before it is sent. Large files go on behind what has come in, after a cut and, once they are in a message, after a reload. */
  upload(file: globalThis.File): Upload
  /** How much one's files have together, and how much they may. */
  fileUse(): Promise<FileUse>
  /** A `url`, `thumbnail_url` or `picture_url` of the server as an address for the browser. */
  fileUrl(path: string): string

  notifications: Notifications
  rules: TellingRules
  /** Entries as they arrive live, not while catching up. Returns the way to stop listening. */
  arrivals(listener: (entry: Entry, conversation: ConversationView) => void): () => void
}
