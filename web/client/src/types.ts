// Generated from server/protocol by `python -m server.protocol.schema`. Do not edit: a test fails when the two differ.
// Times are UTC milliseconds, ids are integers, and every object may gain fields.

/** Why a command or request was refused. */
export type ErrorCode = 'unauthorized' | 'expired' | 'not_found' | 'forbidden' | 'invalid' | 'too_large' | 'client_id_conflict' | 'rate_limited' | 'busy' | 'unavailable' | 'unsupported' | 'internal'

/** The one reply that every command gets. */
export type Reply<Data> = { ok: true; data: Data } | { ok: false; error: ErrorBody }

/** The last argument of a command: called once with the reply. */
export type Ack<Data> = (reply: Reply<Data>) => void

// reply

/** Why not: a stable code, a sentence, and whether trying again can help. */
export interface ErrorBody {
  code: ErrorCode
  message: string
  retryable: boolean
  retry_after_ms?: number
  field?: string
}

// chat: what things look like

export type Role = 'owner' | 'admin' | 'member'

export type ServerRole = 'owner' | 'admin' | 'person' | 'bot'

export type Availability = 'online' | 'away' | 'busy' | 'offline'

export type Chosen = 'auto' | 'away' | 'busy'

export type Notify = 'all' | 'mentions' | 'nothing'

export type Relation = 'none' | 'sent' | 'received' | 'contact' | 'blocked'

export type Who = 'member' | 'admin'

export type History = 'all' | 'joined'

/** A person or a bot, as others see them. Nobody signs in any more, nor is written to, where it is `disabled`. */
export interface Account {
  id: number
  username: string
  display_name: string
  role: ServerRole
  picture_url?: string
  disabled?: boolean
}

/**
 * What somebody is to oneself. `sent` and `received` are requests, with the `note` of whoever asked.
 *
 * `blocked`: by oneself. Nobody is told by whom they are blocked.
 */
export interface Contact {
  account: Account
  relation: Relation
  since?: number
  note?: string
}

/** What somebody shows of themselves, all of it over at `until`. `auto`: as reachable as their devices are. */
export interface Status {
  text?: string
  emoji?: string
  availability?: Chosen
  until?: number
}

/**
 * One's own account, with what one shows and hides. Whoever hides when they were last here, or how far they have
 * read, does not see it of others either.
 */
export interface OwnAccount {
  id: number
  username: string
  display_name: string
  role: ServerRole
  picture_url?: string
  disabled?: boolean
  status?: Status
  hides_last_seen?: boolean
  hides_receipts?: boolean
}

/** Who may do what in a group, and what new members see of the past. */
export interface Rules {
  post: Who
  invite: Who
  mention_all: Who
  history: History
}

/** One member's own choices for one conversation. */
export interface Preferences {
  notify: Notify
  pinned: boolean
  archived: boolean
  muted_until?: number
}

/** A stored file; `url` is relative to the server and checked for membership at each download. */
export interface File {
  id: number
  name: string
  media_type: string
  size_bytes: number
  url: string
  width?: number
  height?: number
  duration_ms?: number
  alt?: string
  thumbnail_url?: string
  /** What stands for the picture until it is there: a tiny one as a `data:` address, or a colour, #rrggbb. */
  blur?: string
}

/** The message that is answered; `excerpt` is at most 200 characters, empty once it is deleted. */
export interface Quote {
  seq: number
  sender_id: number
  excerpt: string
}

/** One emoji under a message; `account_ids` names the first 20. */
export interface Reaction {
  emoji: string
  count: number
  mine: boolean
  account_ids: number[]
}

/** Who first wrote a message that was forwarded, and when. */
export interface Origin {
  sender_id: number
  sent_at: number
}

/** The card under a message, about the page that its first link leads to; `image` is the server's own copy. */
export interface Preview {
  url: string
  title: string
  description?: string
  site_name?: string
  image?: File
}

/** What was said. A deleted message keeps its `seq` with empty `text`. */
export interface Message {
  conversation_id: number
  seq: number
  client_id: string
  sender_id: number
  sent_at: number
  text: string
  attachments: File[]
  mentions: (number | 'all')[]
  reactions: Reaction[]
  reply_to?: Quote
  forward_of?: Origin
  edited_at?: number
  deleted_at?: number
  pinned_at?: number
  previews?: Preview[]
}

/** The newest message of a conversation for the list; `text` is cut at 200 characters. */
export interface LastMessage {
  seq: number
  sender_id: number
  sent_at: number
  text: string
  attachment_count: number
  deleted: boolean
}

/** A conversation as one member sees it. One with `dissolved_at` can be read, and nobody writes in it. */
export interface Conversation {
  id: number
  kind: 'direct' | 'group' | 'open'
  title: string
  head_seq: number
  read_seq: number
  unread: number
  mentions: number
  member_count: number
  role: Role
  rules: Rules
  preferences: Preferences
  created_at: number
  last_active_at: number
  description?: string
  picture_url?: string
  dissolved_at?: number
  last_message?: LastMessage
  with?: Account
  /** to the other person of a direct conversation */
  relation?: Relation
}

/**
 * Who belongs to a conversation, and how far they have read and received.
 *
 * In conversations of more than 20 `received_seq` is not kept, and what was read is all that is known. Both are left
 * out where somebody hides them, and of everybody else where one hides one's own.
 */
export interface Member {
  account: Account
  role: Role
  joined_at: number
  read_seq?: number
  received_seq?: number
}

/** A message's text was changed by its sender. */
export interface MessageEdited {
  target_seq: number
  text: string
  mentions: (number | 'all')[]
  edited_at: number
}

/** A message was deleted; its text and files are gone for everybody. */
export interface MessageDeleted {
  target_seq: number
}

/** The actor put an emoji under a message, or took it back. */
export interface ReactionChanged {
  target_seq: number
  emoji: string
}

/** The actor put a message on top of its conversation, or took it down again. */
export interface PinChanged {
  target_seq: number
}

/** The cards under a message are these now; they come a moment after it, where the server makes any. */
export interface PreviewsChanged {
  target_seq: number
  previews: Preview[]
}

/**
 * Somebody joined, left or got another role. Whoever is removed gets this entry as the last one.
 *
 * `by` invite with the joining person as actor: by a link.
 */
export interface MemberChanged {
  account_id: number
  role: Role
  by: 'admin' | 'invite' | 'self'
}

/** The rules that have changed; what is absent stayed. `history` holds for those who join from then on. */
export interface GroupRulesChanged {
  post?: Who
  invite?: Who
  mention_all?: Who
  history?: History
}

/** What changed about the conversation itself; what is absent stayed. Without a picture its address is empty. */
export interface ConversationChanged {
  title?: string
  description?: string
  picture_url?: string
  rules?: GroupRulesChanged
}

/** Its owner has ended the conversation: it can be read, and nobody writes in it any more. */
export type ConversationDissolved = Record<string, never>

/** What an entry of each kind carries in `data`. */
export interface EntryData {
  message_created: Message
  message_edited: MessageEdited
  message_deleted: MessageDeleted
  reaction_added: ReactionChanged
  reaction_removed: ReactionChanged
  message_pinned: PinChanged
  message_unpinned: PinChanged
  previews_changed: PreviewsChanged
  member_added: MemberChanged
  member_removed: MemberChanged
  role_changed: MemberChanged
  conversation_changed: ConversationChanged
  conversation_dissolved: ConversationDissolved
}

export type EntryKind = keyof EntryData

/** Every kind of entry, to subscribe to. */
export const ENTRY_KINDS = [
  'message_created',
  'message_edited',
  'message_deleted',
  'reaction_added',
  'reaction_removed',
  'message_pinned',
  'message_unpinned',
  'previews_changed',
  'member_added',
  'member_removed',
  'role_changed',
  'conversation_changed',
  'conversation_dissolved',
] as const satisfies readonly EntryKind[]

/** One line of a conversation's log of one kind. */
export interface EntryOf<Kind extends EntryKind> {
  conversation_id: number
  seq: number
  kind: Kind
  actor_id: number
  at: number
  data: EntryData[Kind]
}

/** One line of a conversation's log: `kind` tells what `data` is. */
export type Entry = { [Kind in EntryKind]: EntryOf<Kind> }[EntryKind]

// chat: commands

/** Say something. Answered after the commit; the same `client_id` and content gets the first answer again. */
export interface SendMessage {
  conversation_id: number
  client_id: string
  text: string
  reply_to_seq?: number | null
  file_ids?: number[]
}

/** Change the text of a message of one's own; what was forwarded stays as it was written. */
export interface EditMessage {
  conversation_id: number
  seq: number
  text: string
}

/** Delete one's own message, or anybody's as admin of the group. Its text is gone for everybody. */
export interface DeleteMessage {
  conversation_id: number
  seq: number
}

/** Add or take back a reaction. */
export interface ReactToMessage {
  conversation_id: number
  seq: number
  emoji: string
}

/**
 * Put a message on top of its conversation for everybody, or take it down again.
 *
 * Both people of a direct conversation may; in a group whoever may write there.
 */
export interface PinMessage {
  conversation_id: number
  seq: number
}

/** The pinned messages of a conversation in their current state, the last pinned first. */
export interface ListPins {
  conversation_id: number
  limit?: number
  cursor?: string | null
}

/**
 * Say what somebody said in one conversation again in another one, with its files, naming who wrote it first.
 *
 * Nobody is called by it. Answered like `send_message`, under the same rule for `client_id`.
 */
export interface ForwardMessage {
  conversation_id: number
  seq: number
  to_conversation_id: number
  client_id: string
}

/** Take the cards away from a message of one's own. */
export interface RemovePreviews {
  conversation_id: number
  seq: number
}

/** Tell the admins of the group and of the server about a message; they see its words, and who reports it. */
export interface ReportMessage {
  conversation_id: number
  seq: number
  reason: string
}

/** What a conversation's log holds after `after_seq`, oldest first. */
export interface FetchEntries {
  conversation_id: number
  after_seq: number
  limit?: number
}

/** A page of messages in their current state: before, after or around a place, else the newest. */
export interface FetchMessages {
  conversation_id: number
  before_seq?: number | null
  after_seq?: number | null
  around_seq?: number | null
  limit?: number
}

/** Everything up to `seq` has been read; the mark only moves forward. */
export interface MarkRead {
  conversation_id: number
  seq: number
}

/**
 * Everything up to `seq` has come to this device; the mark only moves forward.
 *
 * Kept only in conversations of up to 20. Clients gather for a second or two and send the last one; what they have
 * marked as read needs no such mark.
 */
export interface MarkReceived {
  conversation_id: number
  seq: number
}

/**
 * Where is this message? One's own: stored, sent, and as much of who has got it as receipts show. Admins of the
 * server may ask about anybody's and see everybody, with reasons; a page of members at a time, longest-serving first.
 */
export interface TraceMessage {
  conversation_id: number
  seq: number
  limit?: number
  cursor?: string | null
}

/** A command that names a conversation and nothing else. */
export interface InConversation {
  conversation_id: number
}

/** The conversation of two people; the same one every time. With a disabled account none is begun. */
export interface OpenDirect {
  account_id: number
}

/**
 * A new group with its first members; the creator becomes its owner. `open`: anybody on this server may find and
 * join it.
 */
export interface CreateGroup {
  client_id: string
  title: string
  account_ids: number[]
  open?: boolean
  description?: string | null
  picture_file_id?: number | null
}

/** Who may do what in a group, and what those who join from now on see of the past; what is left out stays. */
export interface ChangeRules {
  post?: Who | null
  invite?: Who | null
  mention_all?: Who | null
  history?: History | null
}

/** Rename or describe a group, or change its picture or rules; what is left out stays. */
export interface ChangeConversation {
  conversation_id: number
  title?: string | null
  description?: string | null
  /** 0 takes the picture away */
  picture_file_id?: number | null
  rules?: ChangeRules | null
}

/** Bring people into a group. */
export interface AddMembers {
  conversation_id: number
  account_ids: number[]
}

/**
 * Take somebody out of a group. They come back when a member adds them, not by themselves: neither by a link nor
 * because it is open.
 */
export interface RemoveMember {
  conversation_id: number
  account_id: number
}

/** Make a member an admin of the group, or an admin a member again. */
export interface SetRole {
  conversation_id: number
  account_id: number
  role: Who
}

/** Make another member the owner of the group; one becomes an admin of it. */
export interface HandOver {
  conversation_id: number
  account_id: number
}

/** A link that brings people into a group: for so long, and for so many, or for as many as come. */
export interface CreateInvite {
  conversation_id: number
  good_for_s?: number
  uses?: number | null
}

/** Nobody comes in by this link any more. */
export interface RevokeInvite {
  conversation_id: number
  invite_id: number
}

/**
 * Join a group by the code of a link. Codes that are wrong, too old, used up, or of somebody who has blocked one
 * get the same answer.
 */
export interface JoinByInvite {
  code: string
}

/**
 * The open conversations of this server whose name or description has words that begin with `query`, most
 * recently active first; all of them when it is empty.
 */
export interface FindOpenConversations {
  query?: string
  limit?: number
  cursor?: string | null
}

/** One's conversations, most recently active first. */
export interface ListConversations {
  limit?: number
  cursor?: string | null
}

/** Who belongs to a conversation, longest-serving first. */
export interface ListMembers {
  conversation_id: number
  limit?: number
  cursor?: string | null
}

/** One's own choices for a conversation; what is left out stays. `muted_until` 0 ends a mute. */
export interface SetPreferences {
  conversation_id: number
  notify?: Notify | null
  /** UTC milliseconds since 1970 */
  muted_until?: number | null
  pinned?: boolean | null
  archived?: boolean | null
}

/** People on this server whose name or username begins with, or has a word that begins with, `query`. */
export interface FindPeople {
  query: string
  limit?: number
}

/** The public face of accounts met by id: senders of old messages, for instance. */
export interface GetAccounts {
  account_ids: number[]
}

/**
 * Messages with all words of `query`, in their text or in the name of a file, that one may see now.
 *
 * A word of three letters or more finds longer ones that begin with it; quotes keep words together as they are. Of
 * Korean, Japanese and Chinese any part of a word is found. Case, width and accents do not count. `query` may be
 * empty beside a filter. `best` looks at the newest 300 that fit.
 */
export interface SearchMessages {
  query?: string
  conversation_id?: number | null
  from_id?: number | null
  /** sent at this time or later */
  after?: number | null
  /** sent earlier than that */
  before?: number | null
  has?: 'file' | 'image' | 'link' | 'pin' | null
  order?: 'best' | 'newest'
  limit?: number
  cursor?: string | null
}

/**
 * People one is connected with, requests, and whom one has blocked; what came last is first.
 *
 * Accounts that are no longer in use are left out, but for blocked ones.
 */
export interface ListContacts {
  filter?: 'all' | 'blocked' | 'contacts' | 'received' | 'sent'
  limit?: number
  cursor?: string | null
}

/** Ask somebody to be a contact; who has asked oneself is thereby accepted. Asking again changes nothing. */
export interface RequestContact {
  account_id: number
  note?: string | null
}

/** Accept or decline somebody's request. */
export interface AnswerContact {
  account_id: number
  accept: boolean
}

/** A command that names a person and nothing else. */
export interface WithPerson {
  account_id: number
}

/** Whether this device has the person's attention; none active for 5 minutes is `away`. */
export interface SetActive {
  active: boolean
}

/** The presence of these people now, and `presence` events from now on; a new list replaces the old one. */
export interface WatchPresence {
  account_ids: number[]
}

/** What one shows of oneself from now on, until `until`; what is left out is empty, or `auto`. */
export interface SetStatus {
  text?: string
  emoji?: string
  availability?: Chosen
  /** UTC milliseconds since 1970 */
  until?: number | null
}

/** What happened to one's own account after a version one has seen. */
export interface FetchAccountChanges {
  after_version: number
}

// chat: replies

export type NotNotified = 'not_called' | 'waiting' | 'chose_nothing' | 'chose_mentions' | 'turned_off' | 'muted' | 'had_read' | 'deleted' | 'unknown'

/** Done; there is nothing more to say. */
export type Nothing = Record<string, never>

/** Where the message stands. `duplicate`: it was there already. */
export interface MessageSent {
  conversation_id: number
  seq: number
  sent_at: number
  duplicate: boolean
}

/** The place of the entry that says so. */
export interface EntryAppended {
  seq: number
}

/** Entries in the order of their `seq`; `more`: ask again after the last one. */
export interface EntriesPage {
  entries: Entry[]
  head_seq: number
  more: boolean
}

/** Messages oldest first, and whether there are more on either side. */
export interface MessagesPage {
  messages: Message[]
  more_before: boolean
  more_after: boolean
  head_seq: number
}

/** Pinned messages, the last pinned first; `cursor` is there when more follow. */
export interface PinsPage {
  messages: Message[]
  cursor?: string
}

/** How far one has read, and what that leaves. */
export interface ReadState {
  read_seq: number
  unread: number
  mentions: number
}

/** When the message was committed. `position`: its place in the log of the whole server, for its admins. */
export interface TraceStored {
  at: number
  position?: number
  edited_at?: number
  deleted_at?: number
}

/**
 * One process of the server: whether it has verified that it handed the message to everybody connected to it.
 *
 * Workers verify every 2 s and tell each other; `silent_s` since this one was heard.
 */
export interface TraceWorker {
  name: string
  sent: boolean
  silent_s?: number
}

/** `everywhere`: every worker has handed the message to the devices that are connected to it. */
export interface TraceSent {
  everywhere: boolean
  workers?: TraceWorker[]
}

/**
 * What somebody's inbox says of the message, or the `reason` why it says nothing.
 *
 * `not_called`: in groups only mentions and answers call. `waiting`: the notifier has not come so far. The choices
 * and the mute are those of now.
 */
export interface TraceNotified {
  state: 'archived' | 'none' | 'read' | 'seen' | 'unread'
  type?: 'mention' | 'message' | 'reply'
  reason?: NotNotified
}

/**
 * One who could get the message. `received` is left out where nobody knows, and `read` too where it is hidden.
 *
 * `presence`, `devices` (connected now) and `notified` are for the server's admins.
 */
export interface TraceMember {
  account: Account
  read?: boolean
  received?: boolean
  presence?: Availability
  devices?: number
  notified?: TraceNotified
}

/**
 * Where a message is. `people`: members of now who were there when it was sent, and of whom so many have
 * `received` and `read` it, without those who hide it; in conversations of more than 20 it is told how many have
 * read it and not who, and to whoever hides their own marks nothing of both.
 *
 * `as_admin`: one sees everything, as an admin of the server; `cursor` is there when there are more members.
 */
export interface Trace {
  conversation_id: number
  seq: number
  sender_id: number
  as_admin: boolean
  stored: TraceStored
  sent: TraceSent
  people: number
  received?: number
  read?: number
  members?: TraceMember[]
  cursor?: string
}

/** Where something that was looked for begins and ends, counted as JavaScript counts a string. */
export interface Highlight {
  start: number
  end: number
}

/** A file of a hit; `highlights` are in its name. */
export interface FoundFile {
  file: File
  highlights: Highlight[]
}

/** A message that was found; of a long one `text` is a part, with `…` where it was cut. */
export interface SearchHit {
  conversation_id: number
  seq: number
  sender_id: number
  sent_at: number
  text: string
  highlights: Highlight[]
  files: FoundFile[]
  edited_at?: number
}

/**
 * Hits in the order that was asked for; `cursor` is there when there may be more, also when a page is not full.
 *
 * `complete`: false while older messages are still being indexed, and more may be found in a moment.
 */
export interface SearchPage {
  hits: SearchHit[]
  complete: boolean
  cursor?: string
}

/** Conversations, most recently active first; `cursor` is there when there are more. */
export interface ConversationsPage {
  conversations: Conversation[]
  cursor?: string
}

/** Members, longest-serving first; `cursor` is there when there are more. */
export interface MembersPage {
  members: Member[]
  cursor?: string
}

/** A link into a group; its code is told once, when it is made. `uses_left` is absent when it has no bound. */
export interface Invite {
  id: number
  created_by: number
  created_at: number
  expires_at: number
  used: number
  uses_left?: number
}

/** A new link: `/join/` and the code, which nobody can look up later. */
export interface InviteCreated {
  invite: Invite
  code: string
}

/** The links into a group that are good now, the newest first: one's own, or everybody's for its admins. */
export interface Invites {
  invites: Invite[]
}

/** A conversation that anybody on this server may join. `joined`: one belongs to it already. */
export interface OpenConversation {
  id: number
  title: string
  member_count: number
  last_active_at: number
  joined: boolean
  description?: string
  picture_url?: string
}

/** Open conversations, most recently active first; `cursor` is there when there are more. */
export interface OpenConversationsPage {
  conversations: OpenConversation[]
  cursor?: string
}

/** People, as others see them. */
export interface Accounts {
  accounts: Account[]
}

/** What came last is first; `cursor` is there when there are more. */
export interface ContactsPage {
  contacts: Contact[]
  cursor?: string
}

/**
 * How reachable somebody is, and what they show of themselves. `last_seen_at` is there when they are offline,
 * unless they hide it, or one hides one's own.
 */
export interface Presence {
  account_id: number
  state: Availability
  last_seen_at?: number
  status?: Status
}

/** How reachable each of them is. */
export interface Presences {
  presence: Presence[]
}

/** `reload`: too much has happened; load everything anew. */
export interface AccountChanges {
  changes: AccountChange[]
  account_version: number
  reload: boolean
}

// chat: events

/**
 * What this server is, and the limits it keeps.
 *
 * `direct_messages`: whether people write to everyone here, or to their contacts only.
 */
export interface ServerInfo {
  name: string
  version: string
  protocol: number[]
  epoch: string
  limits: Record<string, number>
  direct_messages?: 'contacts' | 'everyone'
}

/** The first event: who one is, and the 200 most recently active conversations. */
export interface Ready {
  account: OwnAccount
  account_version: number
  server: ServerInfo
  recovered: boolean
  conversations: Conversation[]
  more: boolean
}

/** The newest `seq` of conversations that changed: whoever has less is behind and fetches. */
export interface Heads {
  epoch: string
  account_version: number
  heads: Record<number, number>
}

/**
 * Somebody has read up to `read_seq`, or received up to `received_seq`; one's own read mark comes with
 * `account_version`.
 */
export interface Receipt {
  conversation_id: number
  account_id: number
  read_seq?: number
  received_seq?: number
  account_version?: number
}

/** Somebody writes; forget it at `until` (0: they have stopped). */
export interface Typing {
  conversation_id: number
  account_id: number
  until: number
}

/** One belongs to a conversation now. */
export interface ConversationAdded {
  account_version: number
  conversation: Conversation
}

/** One belongs to a conversation no longer. */
export interface ConversationRemoved {
  account_version: number
  conversation_id: number
}

/** One's own choices for a conversation, made on another device perhaps. */
export interface PreferencesChanged {
  account_version: number
  conversation_id: number
  preferences: Preferences
}

/** One's own account is different now: how it looks, or what one shows and hides. */
export interface AccountChanged {
  account_version: number
  account: OwnAccount
}

/** Somebody in one of one's conversations, or whose presence one watches, has another name or picture. */
export interface PersonChanged {
  account: Account
}

/** Somebody is something else to oneself now: a contact, one who asks, blocked, or nothing. */
export interface ContactChanged {
  account_version: number
  contact: Contact
}

/** What one wants to be told of was changed, on another device perhaps: `get_rules` of /notifications tells it. */
export interface RulesChanged {
  account_version: number
}

/**
 * Somebody shows from now on, or no longer, how far they have read: without, forget what was told of them; with,
 * list the members again.
 */
export interface ReceiptsChanged {
  account_id: number
  shown: boolean
}

/** This worker stops; reconnect after about that long. */
export interface Draining {
  retry_after_ms: number
}

/** One thing that happened to one's own account: the event's name and its payload. */
export type AccountChange =
  | { version: number; event: 'receipt'; data: Receipt }
  | { version: number; event: 'conversation_added'; data: ConversationAdded }
  | { version: number; event: 'conversation_removed'; data: ConversationRemoved }
  | { version: number; event: 'preferences_changed'; data: PreferencesChanged }
  | { version: number; event: 'contact_changed'; data: ContactChanged }
  | { version: number; event: 'account_changed'; data: AccountChanged }
  | { version: number; event: 'rules_changed'; data: RulesChanged }

// notifications

export type TypeOfOurs = 'message' | 'mention' | 'reply' | 'reaction' | 'invitation' | 'contact_request' | 'contact_accepted' | 'system'

export type RuledType = 'message' | 'mention' | 'reply' | 'reaction' | 'invitation' | 'contact_request' | 'contact_accepted'

/** Something that calls for a person. Unread ones with the same `type` and `group` fold into one row. */
export interface Notification {
  id: number
  /** of its last change, in the account's own count */
  seq: number
  type: string
  group: string
  title: string
  body: string
  url: string
  created_at: number
  count: number
  data: Record<string, unknown>
  actor_id?: number
  conversation_id?: number
  message_seq?: number
  seen_at?: number
  read_at?: number
  archived_at?: number
}

/**
 * From `begin` until `end` on every day in `time_zone`, an IANA name like `Asia/Seoul`; over midnight, too.
 *
 * What comes then is in the inbox, with `quiet` in its `data`, and makes no sound and no notice.
 */
export interface QuietHours {
  on: boolean
  /** `22:00` */
  begin: string
  /** `22:00` */
  end: string
  time_zone: string
}

/** It is quiet from `begin` until `end`. */
export interface QuietSpan {
  begin: number
  end: number
}

/** What one wants to be told of in a conversation; the same as in its `preferences`. */
export interface ConversationRule {
  conversation_id: number
  notify: Notify
  muted_until?: number
}

/**
 * What one wants to be told of, and when.
 *
 * `off` are types that one is not told of. Until `muted_until` everything is quiet, and in `quiet_hours`.
 * `conversations` are those where one has chosen something else than everything. `quiet` are all quiet spans that
 * end after now and begin before `quiet_known_until`, by the server's reckoning: nobody else has to know time zones.
 */
export interface NotificationRules {
  off: RuledType[]
  conversations: ConversationRule[]
  quiet: QuietSpan[]
  quiet_known_until: number
  quiet_hours?: QuietHours
  muted_until?: number
}

/** What one wants to be told of, and when. */
export type GetRules = Record<string, never>

/** One's choices for a conversation; what is left out stays. `muted_until` 0 ends a mute. */
export interface ChangeConversationRule {
  conversation_id: number
  notify?: Notify | null
  /** UTC milliseconds since 1970 */
  muted_until?: number | null
}

/** What is left out stays. `off` replaces the whole list; `muted_until` 0 ends the quiet. All or nothing. */
export interface SetRules {
  off?: RuledType[] | null
  quiet_hours?: QuietHours | null
  /** UTC milliseconds since 1970 */
  muted_until?: number | null
  conversations?: ChangeConversationRule[]
}

/** The inbox, newest first. */
export interface ListNotifications {
  filter?: 'all' | 'mentions' | 'requests' | 'unread'
  limit?: number
  cursor?: string | null
}

/** What changed in the inbox after `after_seq`, oldest change first. */
export interface FetchNotifications {
  after_seq: number
  limit?: number
}

/** The bell has been looked at up to `up_to_seq`. */
export interface MarkSeen {
  up_to_seq: number
}

/** Read by `ids`, by `group`, or `all`: exactly one of them. */
export interface MarkNotificationsRead {
  ids?: number[] | null
  group?: string | null
  all?: boolean | null
}

/** Put away by `ids`, by `group`, or `all_read`: exactly one of them. */
export interface Archive {
  ids?: number[] | null
  group?: string | null
  all_read?: boolean | null
}

/** Notifications, newest first; `cursor` is there when there are more. */
export interface NotificationsPage {
  notifications: Notification[]
  cursor?: string
}

/** Notifications as they stand now, in the order of their last change. */
export interface NotificationChanges {
  notifications: Notification[]
  head_seq: number
  more: boolean
}

/** What the bell shows. */
export interface Counts {
  head_seq: number
  unseen: number
  unread: number
}

/** The first event, or behind a recovery the first after what was missed: what the bell shows. */
export interface InboxReady {
  head_seq: number
  unseen: number
  unread: number
  recovered: boolean
}

// http

export type WhyReset = 'unknown_offset' | 'another_epoch' | 'too_much'

/** Sign up. `invitation` where the server wants one; `claim` for the first account of a public server. */
export interface CreateAccount {
  username: string
  password: string
  display_name?: string | null
  invitation?: string | null
  claim?: string | null
  device_name?: string | null
}

/** Sign in on one device. */
export interface CreateSession {
  username: string
  password: string
  device_name?: string | null
}

/** Change one's own face, or what one hides; what is left out stays. */
export interface ChangeMe {
  display_name?: string | null
  /** 0 takes the picture away */
  picture_file_id?: number | null
  hides_last_seen?: boolean | null
  hides_receipts?: boolean | null
}

/** A new password; every other device is signed out. */
export interface ChangePassword {
  current_password: string
  new_password: string
}

/** One signed-in device. */
export interface Session {
  id: number
  device_name: string
  created_at: number
  last_used_at: number
  current: boolean
  connected: boolean
}

/** Who one is now; `token` is the bearer token and the sockets' `auth.token`. */
export interface SignedIn {
  account: OwnAccount
  token: string
  session: Session
}

/** Who one is, and through which session. */
export interface Me {
  account: OwnAccount
  session: Session
}

/** The devices on which one is signed in. */
export interface Sessions {
  sessions: Session[]
}

/** What a visitor may know before signing in, for the sign-in page. */
export interface Welcome {
  name: string
  version: string
  registration: 'closed' | 'invitation' | 'open'
  needs_claim: boolean
  first_account: boolean
}

/** A link that is good without a session until `expires_at`. */
export interface FileLink {
  url: string
  expires_at: number
}

/** How much one's files have together, and how much they may; no `quota_bytes` where there is no such limit. */
export interface FileUse {
  used_bytes: number
  quota_bytes?: number
}

/** Where a stream or a poll begins: behind the offset `after`, else now; `only` the notifications. */
export interface ReadAlong {
  after?: string | null
  only?: 'notifications' | null
}

/** The same; `timeout` is how many seconds to wait at most. */
export interface PollEvents {
  after?: string | null
  only?: 'notifications' | null
  timeout?: number
}

/**
 * The stream cannot go on from the offset that was given: what lies between is not told. Load anew.
 *
 * `too_much` was missed; `another_epoch`: a backup has been restored since; `unknown_offset`: none of ours.
 */
export interface StreamReset {
  reason: WhyReset
}

/** What happened: `event` and `data` as on the sockets, and the offset of everything up to it. */
export interface StreamEvent {
  id: string
  event: string
  data: unknown
}

/** What happened since, oldest first; empty when nothing did. `offset` is where to go on: the next `after`. */
export interface EventsPage {
  events: StreamEvent[]
  offset: string
}

/** Say something; the same `client_id` and content gets the first answer again. */
export interface PostMessage {
  client_id: string
  text: string
  reply_to_seq?: number | null
  file_ids?: number[]
}

/**
 * What one joins by a link, before one joins; its picture, if it has one, is at the same address and `/picture`.
 *
 * `conversation_id` is there for whoever belongs to it already.
 */
export interface InvitePreview {
  title: string
  member_count: number
  invited_by: string
  expires_at: number
  has_picture: boolean
  description?: string
  conversation_id?: number
}

/** The body of every refusal over HTTP. */
export interface HttpError {
  error: ErrorBody
}

/** The process lives and answers. */
export interface Health {
  ok: boolean
  version: string
}

/** Whether this worker can serve; `complaints` says what is missing. */
export interface Readiness {
  ready: boolean
  complaints: string[]
}

/** What a client may ask on /chat: `Socket<ChatEvents, ChatCommands>`. */
export interface ChatCommands {
  /** Say something. Answered after the commit; the same `client_id` and content gets the first answer again. */
  send_message: (payload: SendMessage, ack: Ack<MessageSent>) => void
  /** Change the text of a message of one's own; what was forwarded stays as it was written. */
  edit_message: (payload: EditMessage, ack: Ack<EntryAppended>) => void
  /** Delete one's own message, or anybody's as admin of the group. Its text is gone for everybody. */
  delete_message: (payload: DeleteMessage, ack: Ack<EntryAppended>) => void
  /** Put an emoji under a message; once more changes nothing. */
  add_reaction: (payload: ReactToMessage, ack: Ack<EntryAppended>) => void
  /** Take one's emoji back. */
  remove_reaction: (payload: ReactToMessage, ack: Ack<EntryAppended>) => void
  /** Put a message on top of its conversation for everybody; once more changes nothing. */
  pin_message: (payload: PinMessage, ack: Ack<EntryAppended>) => void
  /** Take a message down from the top of its conversation. */
  unpin_message: (payload: PinMessage, ack: Ack<EntryAppended>) => void
  /** The pinned messages of a conversation in their current state, the last pinned first. */
  list_pins: (payload: ListPins, ack: Ack<PinsPage>) => void
  /** Say what somebody said in one conversation again in another one, with its files, naming who wrote it first. */
  forward_message: (payload: ForwardMessage, ack: Ack<MessageSent>) => void
  /** Take the cards away from a message of one's own. */
  remove_previews: (payload: RemovePreviews, ack: Ack<EntryAppended>) => void
  /** Tell the admins of the group and of the server about a message; they see its words, and who reports it. */
  report_message: (payload: ReportMessage, ack: Ack<Nothing>) => void
  /** What a conversation's log holds after `after_seq`, oldest first. */
  fetch_entries: (payload: FetchEntries, ack: Ack<EntriesPage>) => void
  /** A page of messages in their current state: before, after or around a place, else the newest. */
  fetch_messages: (payload: FetchMessages, ack: Ack<MessagesPage>) => void
  /** Everything up to `seq` has been read; the mark only moves forward. */
  mark_read: (payload: MarkRead, ack: Ack<ReadState>) => void
  /** Everything up to `seq` has come to this device; the mark only moves forward. */
  mark_received: (payload: MarkReceived, ack: Ack<ReadState>) => void
  /** Where is this message? One's own: stored, sent, and as much of who has got it as receipts show. Admins of the server may ask about anybody's and see everybody, with reasons; a page of members at a time, longest-serving first. */
  trace_message: (payload: TraceMessage, ack: Ack<Trace>) => void
  /** One writes; the others see it for 6 seconds. May be sent without an acknowledgement. */
  start_typing: (payload: InConversation, ack: Ack<Nothing>) => void
  /** One has stopped writing. May be sent without an acknowledgement. */
  stop_typing: (payload: InConversation, ack: Ack<Nothing>) => void
  /** The conversation of two people; the same one every time. With a disabled account none is begun. */
  open_direct: (payload: OpenDirect, ack: Ack<Conversation>) => void
  /** A new group with its first members; the creator becomes its owner. `open`: anybody on this server may find and join it. */
  create_group: (payload: CreateGroup, ack: Ack<Conversation>) => void
  /** Rename or describe a group, or change its picture or rules; what is left out stays. */
  change_conversation: (payload: ChangeConversation, ack: Ack<Conversation>) => void
  /** Leave a group; an owner hands over to the longest-serving admin, else member. */
  leave_conversation: (payload: InConversation, ack: Ack<Nothing>) => void
  /** End a group, as its owner: its members can still read it, and nobody writes any more. */
  dissolve_conversation: (payload: InConversation, ack: Ack<Nothing>) => void
  /** Make another member the owner of the group; one becomes an admin of it. */
  hand_over: (payload: HandOver, ack: Ack<Conversation>) => void
  /** A link that brings people into a group: for so long, and for so many, or for as many as come. */
  create_invite: (payload: CreateInvite, ack: Ack<InviteCreated>) => void
  /** The links into a group that are good now: one's own, or everybody's for its admins. */
  list_invites: (payload: InConversation, ack: Ack<Invites>) => void
  /** Nobody comes in by this link any more. */
  revoke_invite: (payload: RevokeInvite, ack: Ack<Nothing>) => void
  /** Join a group by the code of a link. Codes that are wrong, too old, used up, or of somebody who has blocked one get the same answer. */
  join_by_invite: (payload: JoinByInvite, ack: Ack<Conversation>) => void
  /** The open conversations of this server whose name or description has words that begin with `query`, most recently active first; all of them when it is empty. */
  find_open_conversations: (payload: FindOpenConversations, ack: Ack<OpenConversationsPage>) => void
  /** Join an open conversation; whoever belongs to it already just gets it, and whoever was removed from it waits to be added. */
  join_open_conversation: (payload: InConversation, ack: Ack<Conversation>) => void
  /** Bring people into a group. */
  add_members: (payload: AddMembers, ack: Ack<Conversation>) => void
  /** Take somebody out of a group. They come back when a member adds them, not by themselves: neither by a link nor because it is open. */
  remove_member: (payload: RemoveMember, ack: Ack<Nothing>) => void
  /** Make a member an admin of the group, or an admin a member again. */
  set_role: (payload: SetRole, ack: Ack<Nothing>) => void
  /** One's conversations, most recently active first. */
  list_conversations: (payload: ListConversations, ack: Ack<ConversationsPage>) => void
  /** One conversation as it stands for oneself. */
  get_conversation: (payload: InConversation, ack: Ack<Conversation>) => void
  /** Who belongs to a conversation, longest-serving first. */
  list_members: (payload: ListMembers, ack: Ack<MembersPage>) => void
  /** One's own choices for a conversation; what is left out stays. `muted_until` 0 ends a mute. */
  set_preferences: (payload: SetPreferences, ack: Ack<Preferences>) => void
  /** People on this server whose name or username begins with, or has a word that begins with, `query`. */
  find_people: (payload: FindPeople, ack: Ack<Accounts>) => void
  /** The public face of accounts met by id: senders of old messages, for instance. */
  get_accounts: (payload: GetAccounts, ack: Ack<Accounts>) => void
  /** Messages with all words of `query`, in their text or in the name of a file, that one may see now. */
  search_messages: (payload: SearchMessages, ack: Ack<SearchPage>) => void
  /** People one is connected with, requests, and whom one has blocked; what came last is first. */
  list_contacts: (payload: ListContacts, ack: Ack<ContactsPage>) => void
  /** Ask somebody to be a contact; who has asked oneself is thereby accepted. Asking again changes nothing. */
  request_contact: (payload: RequestContact, ack: Ack<Contact>) => void
  /** Accept or decline somebody's request. */
  answer_contact: (payload: AnswerContact, ack: Ack<Contact>) => void
  /** End being contacts, decline a request, or take one's own back. */
  remove_contact: (payload: WithPerson, ack: Ack<Contact>) => void
  /** From now on neither writes to the other directly, asks, invites, or sees whether they are there; by one's own links the other joins no group. */
  block: (payload: WithPerson, ack: Ack<Contact>) => void
  /** Take one's own block back: what stood behind it is there again. */
  unblock: (payload: WithPerson, ack: Ack<Contact>) => void
  /** Whether this device has the person's attention; none active for 5 minutes is `away`. */
  set_active: (payload: SetActive, ack: Ack<Nothing>) => void
  /** The presence of these people now, and `presence` events from now on; a new list replaces the old one. */
  watch_presence: (payload: WatchPresence, ack: Ack<Presences>) => void
  /** What one shows of oneself from now on, until `until`; what is left out is empty, or `auto`. */
  set_status: (payload: SetStatus, ack: Ack<OwnAccount>) => void
  /** What happened to one's own account after a version one has seen. */
  fetch_account_changes: (payload: FetchAccountChanges, ack: Ack<AccountChanges>) => void
}

/** What the server tells on /chat. `offset` is kept by stock clients for their recovery. */
export interface ChatEvents {
  ready: (payload: Ready) => void
  heads: (payload: Heads) => void
  receipt: (payload: Receipt) => void
  typing: (payload: Typing) => void
  presence: (payload: Presence) => void
  conversation_added: (payload: ConversationAdded) => void
  conversation_removed: (payload: ConversationRemoved) => void
  preferences_changed: (payload: PreferencesChanged) => void
  contact_changed: (payload: ContactChanged) => void
  account_changed: (payload: AccountChanged) => void
  rules_changed: (payload: RulesChanged) => void
  person_changed: (payload: PersonChanged) => void
  receipts_changed: (payload: ReceiptsChanged) => void
  draining: (payload: Draining) => void
  message_created: (entry: EntryOf<'message_created'>, offset: string) => void
  message_edited: (entry: EntryOf<'message_edited'>, offset: string) => void
  message_deleted: (entry: EntryOf<'message_deleted'>, offset: string) => void
  reaction_added: (entry: EntryOf<'reaction_added'>, offset: string) => void
  reaction_removed: (entry: EntryOf<'reaction_removed'>, offset: string) => void
  message_pinned: (entry: EntryOf<'message_pinned'>, offset: string) => void
  message_unpinned: (entry: EntryOf<'message_unpinned'>, offset: string) => void
  previews_changed: (entry: EntryOf<'previews_changed'>, offset: string) => void
  member_added: (entry: EntryOf<'member_added'>, offset: string) => void
  member_removed: (entry: EntryOf<'member_removed'>, offset: string) => void
  role_changed: (entry: EntryOf<'role_changed'>, offset: string) => void
  conversation_changed: (entry: EntryOf<'conversation_changed'>, offset: string) => void
  conversation_dissolved: (entry: EntryOf<'conversation_dissolved'>, offset: string) => void
}

/** What a client may ask on /notifications: `Socket<NotificationEvents, NotificationCommands>`. */
export interface NotificationCommands {
  /** The inbox, newest first. */
  list_notifications: (payload: ListNotifications, ack: Ack<NotificationsPage>) => void
  /** What changed in the inbox after `after_seq`, oldest change first. */
  fetch_notifications: (payload: FetchNotifications, ack: Ack<NotificationChanges>) => void
  /** The bell has been looked at up to `up_to_seq`. */
  mark_seen: (payload: MarkSeen, ack: Ack<Counts>) => void
  /** Read by `ids`, by `group`, or `all`: exactly one of them. */
  mark_read: (payload: MarkNotificationsRead, ack: Ack<Counts>) => void
  /** Put away by `ids`, by `group`, or `all_read`: exactly one of them. */
  archive: (payload: Archive, ack: Ack<Counts>) => void
  /** What one wants to be told of, and when. */
  get_rules: (payload: GetRules, ack: Ack<NotificationRules>) => void
  /** What is left out stays. `off` replaces the whole list; `muted_until` 0 ends the quiet. All or nothing. */
  set_rules: (payload: SetRules, ack: Ack<NotificationRules>) => void
}

/** What the server tells on /notifications. `offset` is kept by stock clients for their recovery. */
export interface NotificationEvents {
  ready: (payload: InboxReady) => void
  notification_created: (notification: Notification, offset: string) => void
  notification_changed: (notification: Notification, offset: string) => void
  counts: (payload: Counts) => void
}
