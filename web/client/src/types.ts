// Temporary copy of server/protocol until the generator writes this file.

export interface ErrorBody {
  code: string
  message: string
  retryable: boolean
  retry_after_ms?: number
  field?: string
}

export interface Accepted {
  ok: boolean
  data: unknown
}

export interface Refused {
  ok: boolean
  error: ErrorBody
}

export interface Account {
  id: number
  username: string
  display_name: string
  role: 'owner' | 'admin' | 'person' | 'bot'
  picture_url?: string
}

export interface Rules {
  post: 'member' | 'admin'
  invite: 'member' | 'admin'
  mention_all: 'member' | 'admin'
  history: 'all' | 'joined'
}

export interface Preferences {
  notify: 'all' | 'mentions' | 'nothing'
  pinned: boolean
  archived: boolean
  muted_until?: number
}

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
  blur?: string
}

export interface Quote {
  seq: number
  sender_id: number
  excerpt: string
}

export interface Reaction {
  emoji: string
  count: number
  mine: boolean
  account_ids: number[]
}

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
  edited_at?: number
  deleted_at?: number
}

export interface LastMessage {
  seq: number
  sender_id: number
  sent_at: number
  text: string
  attachment_count: number
  deleted: boolean
}

export interface Conversation {
  id: number
  kind: 'direct' | 'group' | 'open'
  title: string
  head_seq: number
  read_seq: number
  unread: number
  mentions: number
  member_count: number
  role: 'owner' | 'admin' | 'member'
  rules: Rules
  preferences: Preferences
  created_at: number
  last_active_at: number
  description?: string
  picture_url?: string
  last_message?: LastMessage
  with?: Account
}

export interface Member {
  account: Account
  role: 'owner' | 'admin' | 'member'
  joined_at: number
  read_seq: number
}

export interface Entry {
  conversation_id: number
  seq: number
  kind: 'message_created' | 'message_edited' | 'message_deleted' | 'reaction_added' | 'reaction_removed' | 'member_added' | 'member_removed' | 'role_changed' | 'conversation_changed'
  actor_id: number
  at: number
  data: unknown
}

export interface MessageEdited {
  target_seq: number
  text: string
  mentions: (number | 'all')[]
  edited_at: number
}

export interface MessageDeleted {
  target_seq: number
}

export interface ReactionChanged {
  target_seq: number
  emoji: string
}

export interface MemberChanged {
  account_id: number
  role: 'owner' | 'admin' | 'member'
  by: 'invite' | 'self' | 'admin'
}

export interface ConversationChanged {
  title?: string
  description?: string
  picture_url?: string
}

export interface SendMessage {
  conversation_id: number
  client_id: string
  text: string
  reply_to_seq?: number
  file_ids?: number[]
}

export interface EditMessage {
  conversation_id: number
  seq: number
  text: string
}

export interface DeleteMessage {
  conversation_id: number
  seq: number
}

export interface ReactToMessage {
  conversation_id: number
  seq: number
  emoji: string
}

export interface FetchEntries {
  conversation_id: number
  after_seq: number
  limit?: number
}

export interface FetchMessages {
  conversation_id: number
  before_seq?: number
  after_seq?: number
  around_seq?: number
  limit?: number
}

export interface MarkRead {
  conversation_id: number
  seq: number
}

export interface InConversation {
  conversation_id: number
}

export interface OpenDirect {
  account_id: number
}

export interface CreateGroup {
  client_id: string
  title: string
  account_ids: number[]
}

export interface ChangeConversation {
  conversation_id: number
  title?: string
  description?: string
}

export interface AddMembers {
  conversation_id: number
  account_ids: number[]
}

export interface RemoveMember {
  conversation_id: number
  account_id: number
}

export interface SetRole {
  conversation_id: number
  account_id: number
  role: 'admin' | 'member'
}

export interface ListConversations {
  limit?: number
  cursor?: string
}

export interface ListMembers {
  conversation_id: number
  limit?: number
  cursor?: string
}

export interface SetPreferences {
  conversation_id: number
  notify?: 'all' | 'mentions' | 'nothing'
  muted_until?: number
  pinned?: boolean
  archived?: boolean
}

export interface FindPeople {
  query: string
  limit?: number
}

export interface GetAccounts {
  account_ids: number[]
}

export interface SetActive {
  active: boolean
}

export interface WatchPresence {
  account_ids: number[]
}

export interface FetchAccountChanges {
  after_version: number
}

export interface Nothing {
}

export interface MessageSent {
  conversation_id: number
  seq: number
  sent_at: number
  duplicate: boolean
}

export interface EntryAppended {
  seq: number
}

export interface EntriesPage {
  entries: Entry[]
  head_seq: number
  more: boolean
}

export interface MessagesPage {
  messages: Message[]
  more_before: boolean
  more_after: boolean
  head_seq: number
}

export interface ReadState {
  read_seq: number
  unread: number
  mentions: number
}

export interface ConversationsPage {
  conversations: Conversation[]
  cursor?: string
}

export interface MembersPage {
  members: Member[]
  cursor?: string
}

export interface Accounts {
  accounts: Account[]
}

export interface Presence {
  account_id: number
  state: 'online' | 'away' | 'busy' | 'offline'
  last_seen_at?: number
}

export interface Presences {
  presence: Presence[]
}

export interface AccountChange {
  version: number
  event: string
  data: unknown
}

export interface AccountChanges {
  changes: AccountChange[]
  account_version: number
  reload: boolean
}

export interface ServerInfo {
  name: string
  version: string
  protocol: number[]
  epoch: string
  limits: Record<string, number>
}

export interface Ready {
  account: Account
  account_version: number
  server: ServerInfo
  recovered: boolean
  conversations: Conversation[]
  more: boolean
}

export interface Heads {
  epoch: string
  account_version: number
  heads: Record<number, number>
}

export interface Receipt {
  conversation_id: number
  account_id: number
  read_seq: number
  account_version?: number
}

export interface Typing {
  conversation_id: number
  account_id: number
  until: number
}

export interface ConversationAdded {
  account_version: number
  conversation: Conversation
}

export interface ConversationRemoved {
  account_version: number
  conversation_id: number
}

export interface PreferencesChanged {
  account_version: number
  conversation_id: number
  preferences: Preferences
}

export interface AccountChanged {
  account_version: number
  account: Account
}

export interface Draining {
  retry_after_ms: number
}

export interface Notification {
  id: number
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

export interface ListNotifications {
  filter?: 'all' | 'unread' | 'mentions'
  limit?: number
  cursor?: string
}

export interface FetchNotifications {
  after_seq: number
  limit?: number
}

export interface MarkSeen {
  up_to_seq: number
}

export interface MarkNotificationsRead {
  ids?: number[]
  group?: string
  all?: boolean
}

export interface Archive {
  ids?: number[]
  group?: string
  all_read?: boolean
}

export interface NotificationsPage {
  notifications: Notification[]
  cursor?: string
}

export interface NotificationChanges {
  notifications: Notification[]
  head_seq: number
  more: boolean
}

export interface Counts {
  head_seq: number
  unseen: number
  unread: number
}

export interface CreateAccount {
  username: string
  password: string
  display_name?: string
  invitation?: string
  claim?: string
  device_name?: string
}

export interface CreateSession {
  username: string
  password: string
  device_name?: string
}

export interface ChangeMe {
  display_name?: string
  picture_file_id?: number
}

export interface ChangePassword {
  current_password: string
  new_password: string
}

export interface Session {
  id: number
  device_name: string
  created_at: number
  last_used_at: number
  current: boolean
  connected: boolean
}

export interface SignedIn {
  account: Account
  token: string
  session: Session
}

export interface Me {
  account: Account
  session: Session
}

export interface Sessions {
  sessions: Session[]
}

export interface Welcome {
  name: string
  version: string
  registration: 'open' | 'invitation' | 'closed'
  needs_claim: boolean
  first_account: boolean
}

export interface FileLink {
  url: string
  expires_at: number
}

export type Role = 'owner' | 'admin' | 'member'
export type ServerRole = 'owner' | 'admin' | 'person' | 'bot'
export type Availability = 'online' | 'away' | 'busy' | 'offline'
export type Notify = 'all' | 'mentions' | 'nothing'
export type EntryKind = 'message_created' | 'message_edited' | 'message_deleted' | 'reaction_added' | 'reaction_removed' | 'member_added' | 'member_removed' | 'role_changed' | 'conversation_changed'
