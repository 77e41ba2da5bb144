import { MadangError, type Account, type Contact, type ContactBook, type Conversation, type ConversationView, type Madang, type Member, type Message, type Notification, type NotificationRules, type Presence, type Relation, type SearchPage, type Session, type SessionState, type Timeline, type Trace, type UploadProgress } from '@madang/client'
import { atom, map } from 'nanostores'

const hour = 3_600_000
const NO_RULES: NotificationRules = { off: [], conversations: [], quiet: [], quiet_known_until: Date.now() + 168 * hour }

export interface FakeFacts {
  session?: SessionState
  accounts: Account[]
  meId: number
  conversations: ConversationView[]
  presence?: Record<number, Presence['state']>
  typing?: Record<number, number[]>
  notifications?: Notification[]
  rules?: NotificationRules
  contacts?: Contact[]
  sessions?: Session[]
  serverName?: string
  registration?: 'open' | 'invitation' | 'closed'
  signInError?: MadangError
  /** People write to their contacts alone, and nobody is one. */
  onlyContacts?: boolean
  /** What searches find, one after the other; an error is what it fails with. */
  searches?: (SearchPage | MadangError)[]
  /** What is pinned in every conversation. */
  pins?: Message[]
  /** What a trace finds, page by page; an error is what it fails with. */
  traces?: (Trace | MadangError)[]
}

/** A Madang without a server, for tests and for looking at screens: stores hold what is given, commands only note that they were called. */
export function fakeMadang(facts: FakeFacts) {
  const calls: [name: string, ...args: unknown[]][] = []
  const note =
    <Result>(name: string, result: Result) =>
    (...args: unknown[]): Promise<Result> => {
      calls.push([name, ...args])
      return Promise.resolve(result)
    }
  const say =
    (name: string) =>
    (...args: unknown[]): void => {
      calls.push([name, ...args])
    }
  const me = facts.accounts.find((one) => one.id === facts.meId) as Account
  const conversations = atom(facts.conversations)
  const session = atom<SessionState>(facts.session ?? { state: 'signed-in', account: me, session: sessionOf(1, true) })
  const items = atom<Notification[] | undefined>(facts.notifications)
  const rules = atom<NotificationRules | undefined>(facts.rules)
  const unread = (facts.notifications ?? []).filter((one) => one.read_at === undefined).length
  const remembered = remember()
  const contacts = atom<ReadonlyMap<number, Contact> | undefined>(new Map((facts.contacts ?? []).map((one) => [one.account.id, one])))
  const become = (name: string, relation: Relation) => (id: number, ...rest: unknown[]) => {
    calls.push([name, id, ...rest])
    return Promise.resolve({ account: account(id, 'somebody'), relation })
  }
  const book: ContactBook = {
    all: contacts,
    load: note('loadContacts', undefined),
    request: become('request', 'sent'),
    answer: become('answer', 'contact'),
    remove: become('removeContact', 'none'),
    block: become('block', 'blocked'),
    unblock: become('unblock', 'none'),
  }
  const madang: Madang = {
    session,
    welcome: note('welcome', { name: facts.serverName ?? 'Hanok team', version: '0.1.0', registration: facts.registration ?? 'open', needs_claim: false, first_account: false }),
    start: note('start', undefined),
    stop: say('stop'),
    signIn: (...args) => (facts.signInError ? Promise.reject(facts.signInError) : note('signIn', undefined)(...args)),
    createAccount: note('createAccount', undefined),
    signOut: note('signOut', undefined),
    sessions: note('sessions', facts.sessions ?? [sessionOf(1, true)]),
    endSession: note('endSession', undefined),
    endOtherSessions: note('endOtherSessions', undefined),
    changePassword: note('changePassword', undefined),
    changeMe: note('changeMe', me),
    setStatus: note('setStatus', undefined),
    connection: atom({ state: 'online' as const }),
    server: atom({ name: facts.serverName ?? 'Hanok team', version: '0.1.0', protocol: [1], epoch: 'e', limits: {}, ...(facts.onlyContacts && { direct_messages: 'contacts' as const }) }),
    leading: atom(true),
    reconnectNow: say('reconnectNow'),
    setActive: say('setActive'),
    accounts: map(Object.fromEntries(facts.accounts.map((one) => [one.id, one]))),
    accountOf: (id) => remembered(`account${id}`, () => atom(facts.accounts.find((one) => one.id === id))),
    me: atom(me),
    presenceOf: (id) => remembered(`presence${id}`, () => atom<Presence | undefined>(facts.presence?.[id] ? { account_id: id, state: facts.presence[id] } : undefined)),
    findPeople: (query) => Promise.resolve(facts.accounts.filter((one) => one.display_name.startsWith(query))),
    contacts: () => Promise.resolve(book),
    conversations,
    conversationOf: (id) => remembered(`conversation${id}`, () => atom(facts.conversations.find((one) => one.id === id))),
    openDirect: (...args) => (facts.onlyContacts ? Promise.reject(new MadangError({ code: 'forbidden', message: 'You may not write to this person.', retryable: false })) : note('openDirect', facts.conversations[0] as Conversation)(...args)),
    createGroup: note('createGroup', facts.conversations[0] as Conversation),
    changeConversation: note('changeConversation', facts.conversations[0] as Conversation),
    addMembers: note('addMembers', facts.conversations[0] as Conversation),
    removeMember: note('removeMember', undefined),
    setRole: note('setRole', undefined),
    handOver: note('handOver', facts.conversations[0] as Conversation),
    leave: note('leave', undefined),
    dissolve: note('dissolve', undefined),
    createInvite: note('createInvite', { invite: { id: 1, created_by: facts.meId, created_at: Date.now(), expires_at: Date.now() + hour, used: 0 }, code: 'abcdefgh23456789' }),
    listInvites: note('listInvites', []),
    revokeInvite: note('revokeInvite', undefined),
    previewInvite: note('previewInvite', { title: 'Roof repair', member_count: 3, invited_by: 'ana', expires_at: Date.now() + hour, has_picture: false }),
    joinByInvite: note('joinByInvite', facts.conversations[0] as Conversation),
    findOpenConversations: note('findOpenConversations', { conversations: [] }),
    joinOpenConversation: note('joinOpenConversation', facts.conversations[0] as Conversation),
    setPreferences: note('setPreferences', { notify: 'all' as const, pinned: false, archived: false }),
    search: (...args) => {
      calls.push(['search', ...args])
      const found = facts.searches?.shift()
      return found === undefined || found instanceof Error ? Promise.reject(found ?? new Error('no search')) : Promise.resolve(found)
    },
    trace: (...args) => {
      calls.push(['trace', ...args])
      const found = facts.traces?.shift()
      return found === undefined || found instanceof Error ? Promise.reject(found ?? new Error('no trace')) : Promise.resolve(found)
    },
    listMembers: note('listMembers', [] as Member[]),
    membersOf: (id) => remembered(`members${id}`, () => atom<Member[] | undefined>([])),
    timelineOf: (id) =>
      remembered(`timeline${id}`, () => atom<Timeline>({ conversation_id: id, state: 'ready', items: [], known_seq: 0, more_before: false, more_after: false })),
    openTimeline: note('openTimeline', undefined),
    loadOlder: note('loadOlder', undefined),
    loadNewer: note('loadNewer', undefined),
    loadAround: note('loadAround', undefined),
    jumpToLatest: note('jumpToLatest', undefined),
    send: say('send'),
    retry: say('retry'),
    discard: say('discard'),
    edit: note('edit', undefined),
    remove: note('remove', undefined),
    react: note('react', undefined),
    pin: note('pin', undefined),
    listPins: (...args) => {
      calls.push(['listPins', ...args])
      return Promise.resolve({ messages: facts.pins ?? [] })
    },
    forward: note('forward', undefined),
    removePreviews: note('removePreviews', undefined),
    report: note('report', undefined),
    markRead: say('markRead'),
    lookAt: say('lookAt'),
    typing: say('typing'),
    stopTyping: say('stopTyping'),
    typingIn: (id) => remembered(`typing${id}`, () => atom(facts.typing?.[id] ?? [])),
    fileUse: note('fileUse', { used_bytes: 0 }),
    upload: (file) => ({ id: 'upload', file, progress: atom<UploadProgress>({ state: 'uploading', part: 0.4 }), cancel: say('cancel'), retry: say('retryUpload') }),
    fileUrl: (path) => path,
    notifications: {
      items,
      counts: atom({ head_seq: 1, unseen: unread, unread }),
      more: atom(false),
      load: note('load', undefined),
      loadMore: note('loadMore', undefined),
      markSeen: note('markSeen', undefined),
      markRead: note('markRead', undefined),
      archive: note('archive', undefined),
    },
    rules: { current: rules, load: note('loadRules', facts.rules ?? NO_RULES), set: note('setRules', facts.rules ?? NO_RULES) },
    arrivals: () => () => undefined,
  }
  return { madang, calls, conversations, session, items, contacts }
}

export function account(id: number, name: string, username = name): Account {
  return { id, username, display_name: name, role: 'person' }
}

export function sessionOf(id: number, current: boolean, name = 'Chromium on Linux', hoursAgo = 0): Session {
  return { id, device_name: name, created_at: Date.now() - 400 * hour, last_used_at: Date.now() - hoursAgo * hour, current, connected: current }
}

export function conversation(id: number, facts: Partial<ConversationView> = {}): ConversationView {
  return {
    id,
    kind: facts.with ? 'direct' : 'group',
    title: `Group ${id}`,
    head_seq: 10,
    read_seq: 10,
    unread: 0,
    mentions: 0,
    member_count: 3,
    role: 'member',
    rules: { post: 'member', invite: 'member', mention_all: 'member', history: 'all' },
    preferences: { notify: 'all', pinned: false, archived: false },
    created_at: Date.now() - 100 * hour,
    last_active_at: Date.now() - hour,
    not_sent: 0,
    ...facts,
  }
}

function remember() {
  const kept = new Map<string, unknown>()
  return <Value>(key: string, make: () => Value): Value => {
    if (!kept.has(key)) kept.set(key, make())
    return kept.get(key) as Value
  }
}
