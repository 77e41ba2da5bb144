import { atom, computed } from 'nanostores'
import type { Madang, MadangOptions } from './api.ts'
import { Arrivals } from './arrivals.ts'
import { CatchUp } from './catchup.ts'
import { Connection } from './connection.ts'
import type { Contacts } from './contacts.ts'
import { Conversations } from './conversations.ts'
import { Members } from './members.ts'
import { Inbox } from './notifications.ts'
import { defaultStorage } from './outboxDb.ts'
import { OwnChanges } from './ownChanges.ts'
import { People } from './people.ts'
import { Presences } from './presence.ts'
import { newClientId } from './randomId.ts'
import { ReadMarks } from './readMarks.ts'
import { ReceivedMarks } from './receivedMarks.ts'
import { isElsewhere, Rest } from './rest.ts'
import { RuleBook } from './rules.ts'
import { Outbox } from './sender.ts'
import { SessionStore } from './session.ts'
import { Shelf } from './shelf.ts'
import type { MakeSockets } from './sockets.ts'
import { Tabs } from './tabs.ts'
import { Timelines } from './timelines.ts'
import type { Account, AccountChange, Entry, OwnAccount, Ready, ServerInfo } from './types.ts'
import { TypingSigns } from './typing.ts'
import { startUpload } from './uploads.ts'

/** What tests put in place of the network. */
export interface Seams {
  makeSockets?: MakeSockets
  tabs?: Tabs
}

/** A client for one server. Nothing happens until `start`, `signIn` or `createAccount`. */
export function createMadang(options: MadangOptions = {}, seams: Seams = {}): Madang {
  return new Client(options, seams).face()
}

/** Puts the parts together: who hears of what, and in which order. */
class Client {
  private readonly arrivals = new Arrivals()
  private readonly server = atom<ServerInfo | undefined>()
  private active = true
  private lastAccount = 0
  private readonly rest: Rest
  private readonly tabs: Tabs
  private readonly session: SessionStore
  private readonly connection: Connection
  private readonly people: People
  private readonly presences: Presences
  private readonly signs: TypingSigns
  private readonly members: Members
  private readonly inbox: Inbox
  private readonly rules: RuleBook
  private readonly outbox: Outbox
  private readonly shelf: Shelf
  private readonly timelines: Timelines
  private readonly conversations: Conversations
  private readonly readMarks: ReadMarks
  private readonly receivedMarks: ReceivedMarks
  private readonly ownChanges: OwnChanges
  private readonly catchUp: CatchUp
  private contacts: Contacts | undefined
  private tabsStarted: Promise<void> | undefined

  constructor(options: MadangOptions, seams: Seams) {
    const url = (options.url ?? '').replace(/\/$/, '')
    const me = (): number => this.session.account?.id ?? this.lastAccount
    this.tabs = seams.tabs ?? new Tabs()
    this.rest = new Rest(url, options.token, (error) => this.session.end(error.code === 'expired' ? 'expired' : 'ended'))
    this.session = new SessionStore({
      rest: this.rest,
      keepToken: options.token !== undefined || isElsewhere(url),
      onSignedIn: (account) => this.enter(account),
      onSignedOut: () => this.leave(),
    })
    const connection = (this.connection = new Connection({
      url,
      token: () => this.rest.token,
      onRefused: (code) => this.session.end(code === 'expired' ? 'expired' : 'ended'),
      ...(options.answerTimeoutMs !== undefined && { answerTimeoutMs: options.answerTimeoutMs }),
      ...(seams.makeSockets && { makeSockets: seams.makeSockets }),
    }))
    this.people = new People(connection.chat)
    this.presences = new Presences(connection.chat)
    this.signs = new TypingSigns(connection.chat, me)
    this.members = new Members(connection, this.people)
    this.inbox = new Inbox(connection)
    this.rules = new RuleBook(connection)
    const { tabs } = this
    const storage = options.storage ?? defaultStorage()
    this.shelf = new Shelf({ storage, tabs, start: (file, about) => startUpload({ rest: this.rest, connection, me }, file, about) })
    this.outbox = new Outbox({
      connection,
      storage,
      tabs,
      shelf: this.shelf,
      isShown: (id, seq) => {
        const log = this.timelines.log(id)
        return log.state !== 'ready' || log.more_after || log.known_seq >= seq
      },
      onStored: (id, seq) => this.catchUp.onHead(id, seq),
    })
    this.timelines = new Timelines({
      connection,
      me,
      conversation: (id) => this.conversations.get(id),
      unsent: (id) => this.outbox.linesOf(id),
      onGap: (id) => this.catchUp.onGap(id),
      onBehind: (id, head) => this.catchUp.onBehind(id, head),
    })
    this.conversations = new Conversations({
      connection,
      people: this.people,
      me,
      notSent: this.outbox.notSent,
      count: (id, seq) => this.timelines.count(id, seq),
      onRemoved: (id) => this.timelines.forget(id),
    })
    this.readMarks = new ReadMarks(connection, this.conversations)
    this.receivedMarks = new ReceivedMarks({ connection, conversations: this.conversations, me, leading: this.tabs.leading })
    this.ownChanges = new OwnChanges({ connection, apply: (change) => this.apply(change), reload: () => this.conversations.loadAll() })
    this.catchUp = new CatchUp({
      connection,
      conversations: this.conversations,
      timelines: this.timelines,
      ownChanges: this.ownChanges,
      receive: (entry) => this.receive(entry),
    })
    connection.chat.on('ready', (ready) => this.onReady(ready))
    connection.chat.on('person_changed', ({ account }) => this.meet(account))
    connection.onEntry((entry) => this.onLive(entry))
    this.tabs.listen((message) => {
      if (message.kind === 'signed-out') this.session.end('ended')
      // The cookie is another person's now: ask again who one is.
      if (message.kind === 'signed-in' && message.account_id !== this.session.account?.id && !this.rest.token) void this.session.start()
    })
  }

  /** The client as the app sees it. */
  face(): Madang {
    const { session, connection, people, conversations, timelines, outbox, members, rest } = this
    const chat = connection.chat
    return {
      session: session.state,
      welcome: () => session.welcome(),
      start: () => session.start(),
      stop: () => this.stop(),
      signIn: (who) => session.signIn('sessions', who),
      createAccount: (who) => session.signIn('accounts', who),
      signOut: async () => {
        await session.signOut()
        this.tabs.tell({ kind: 'signed-out' })
      },
      sessions: () => session.sessions(),
      endSession: (id) => session.endSession(id),
      endOtherSessions: () => session.endOtherSessions(),
      changePassword: (current, next) => session.changePassword(current, next),
      changeMe: async (changes) => this.onOwnAccount(await session.changeMe(changes)),
      setStatus: async (status) => session.setAccount(await chat.ask('set_status', status)),

      connection: connection.state,
      server: this.server,
      leading: this.tabs.leading,
      reconnectNow: () => connection.reconnectNow(),
      setActive: (active) => {
        this.active = active
        chat.tell('set_active', { active })
      },

      accounts: people.accounts,
      accountOf: (id) => people.accountOf(id),
      me: computed(session.state, (state) => (state.state === 'signed-in' ? state.account : undefined)),
      presenceOf: (id) => this.presences.presenceOf(id),
      findPeople: (query) => people.find(query),
      contacts: () => this.contactBook(),

      conversations: conversations.list,
      conversationOf: (id) => conversations.conversationOf(id),
      openDirect: async (account_id) => conversations.put(await chat.ask('open_direct', { account_id })),
      createGroup: async (title, account_ids, more) =>
        conversations.put(await chat.ask('create_group', { client_id: newClientId(), title, account_ids, ...more })),
      changeConversation: async (id, changes) =>
        conversations.put(await chat.ask('change_conversation', { conversation_id: id, ...changes })),
      addMembers: async (id, account_ids) => conversations.put(await chat.ask('add_members', { conversation_id: id, account_ids })),
      removeMember: async (id, account_id) => void (await chat.ask('remove_member', { conversation_id: id, account_id })),
      setRole: async (id, account_id, role) => void (await chat.ask('set_role', { conversation_id: id, account_id, role })),
      handOver: async (id, account_id) => conversations.put(await chat.ask('hand_over', { conversation_id: id, account_id })),
      dissolve: async (id) => void (await chat.ask('dissolve_conversation', { conversation_id: id })),
      createInvite: (id, how) => chat.ask('create_invite', { conversation_id: id, ...how }),
      listInvites: async (id) => (await chat.ask('list_invites', { conversation_id: id })).invites,
      revokeInvite: async (id, invite_id) => void (await chat.ask('revoke_invite', { conversation_id: id, invite_id })),
      previewInvite: (code) => rest.get(`join/${encodeURIComponent(code)}`),
      joinByInvite: async (code) => conversations.put(await chat.ask('join_by_invite', { code })),
      findOpenConversations: (query, cursor) => chat.ask('find_open_conversations', { query, ...(cursor !== undefined && { cursor }) }),
      joinOpenConversation: async (id) => conversations.put(await chat.ask('join_open_conversation', { conversation_id: id })),
      leave: async (id) => {
        await chat.ask('leave_conversation', { conversation_id: id })
        conversations.remove(id)
      },
      setPreferences: async (id, changes) => conversations.prefer(id, await chat.ask('set_preferences', { conversation_id: id, ...changes })),
      listMembers: (id) => members.list(id),
      membersOf: (id) => members.membersOf(id),

      timelineOf: (id) => timelines.timelineOf(id),
      openTimeline: (id) => timelines.open(id),
      loadOlder: (id) => timelines.loadOlder(id),
      loadNewer: (id) => timelines.loadNewer(id),
      loadAround: (id, seq) => timelines.loadAround(id, seq),
      jumpToLatest: (id) => timelines.jumpToLatest(id),
      send: (id, draft) => {
        outbox.send(id, draft)
        this.signs.stop(id)
        // What was just written must be seen.
        if (timelines.log(id).more_after) timelines.jumpToLatest(id).catch(() => undefined)
      },
      retry: (_id, clientId) => outbox.retry(clientId),
      discard: (_id, clientId) => outbox.discard(clientId),
      edit: async (id, seq, text) => void (await chat.ask('edit_message', { conversation_id: id, seq, text })),
      remove: async (id, seq) => void (await chat.ask('delete_message', { conversation_id: id, seq })),
      react: async (id, seq, emoji, on) =>
        void (await chat.ask(on ? 'add_reaction' : 'remove_reaction', { conversation_id: id, seq, emoji })),
      search: (asked) => chat.ask('search_messages', asked),
      pin: async (id, seq, on) => void (await chat.ask(on ? 'pin_message' : 'unpin_message', { conversation_id: id, seq })),
      listPins: (id, cursor) => chat.ask('list_pins', { conversation_id: id, ...(cursor !== undefined && { cursor }) }),
      forward: async (id, seq, toId) => {
        // One label for all tries: it is said once, whatever answer was lost.
        const payload = { conversation_id: id, seq, to_conversation_id: toId, client_id: newClientId() }
        await connection.patiently(() => chat.ask('forward_message', payload))
      },
      removePreviews: async (id, seq) => void (await chat.ask('remove_previews', { conversation_id: id, seq })),
      report: async (id, seq, reason) => void (await chat.ask('report_message', { conversation_id: id, seq, reason })),
      trace: (id, seq, cursor) => chat.ask('trace_message', { conversation_id: id, seq, ...(cursor !== undefined && { cursor }) }),
      markRead: (id, seq) => this.readMarks.markRead(id, seq),
      lookAt: (id) => this.readMarks.lookAt(id),
      typing: (id) => this.signs.start(id),
      stopTyping: (id) => this.signs.stop(id),
      typingIn: (id) => this.signs.typingIn(id),

      upload: (file) => this.shelf.begin(file),
      fileUse: () => rest.get('me/files'),
      fileUrl: (path) => (path.startsWith('/') ? rest.url + path : path),
      notifications: this.inbox,
      rules: this.rules,
      arrivals: (listener) => this.arrivals.listen(listener),
    }
  }

  /** Somebody looks different. */
  private meet(account: Account): void {
    this.people.learn([account])
    this.conversations.meet(account)
    this.members.meet(account)
  }

  private async contactBook(): Promise<Contacts> {
    const { Contacts } = await import('./contacts.ts')
    return (this.contacts ??= new Contacts(this.connection, this.people, (contact) => this.conversations.relate(contact)))
  }

  private enter(account: Account): void {
    if (this.lastAccount !== 0 && this.lastAccount !== account.id) this.clear()
    this.lastAccount = account.id
    this.people.learn([account])
    this.tabs.tell({ kind: 'signed-in', account_id: account.id })
    if (!this.tabsStarted) {
      this.tabsStarted = this.tabs.start()
      void this.tabsStarted.then(() => this.shelf.sweep()).catch(() => undefined)
    }
    void this.outbox.start(account.id, this.tabsStarted)
    this.connection.open()
  }

  /** Signed out, or thrown out: what is on the screen stays for the dialog above it, and nothing is sent. */
  private leave(): void {
    this.connection.close()
    this.outbox.pause()
    this.signs.clear()
    this.readMarks.clear()
    this.receivedMarks.clear()
  }

  private stop(): void {
    this.session.stop()
    this.leave()
    this.catchUp.clear()
    this.tabs.stop()
  }

  /** Another person: nothing of the one before may be seen. */
  private clear(): void {
    this.leave()
    this.catchUp.clear()
    this.conversations.clear()
    this.timelines.clear()
    this.members.clear()
    this.people.clear()
    this.presences.clear()
    this.inbox.clear()
    this.rules.clear()
    this.arrivals.clear()
    this.contacts = undefined
  }

  private onReady(ready: Ready): void {
    if (ready.account.id !== this.session.account?.id) {
      this.onSomebodyElse()
      return
    }
    if (this.catchUp.isOtherLog(ready.server.epoch)) {
      this.conversations.clear()
      this.arrivals.clear()
      this.readMarks.clear()
      this.receivedMarks.clear()
      this.inbox.startOver()
    }
    this.server.set(ready.server)
    this.session.setAccount(ready.account)
    this.people.doubt()
    this.people.learn([ready.account])
    this.ownChanges.startAt(ready.account_version)
    this.rules.changed()
    this.conversations.putAll(ready.conversations, !ready.more)
    for (const { id, head_seq } of ready.conversations) this.arrivals.know(id, head_seq)
    if (ready.more) void this.conversations.loadAll().catch(() => undefined)
    this.connection.chat.tell('set_active', { active: this.active })
    this.outbox.onReady()
    this.readMarks.onReady()
    this.receivedMarks.onReady(ready.conversations)
    this.people.onReady()
    this.presences.onReady()
    this.members.onReady()
    this.contacts?.onReady()
    void this.catchUp.onReady(ready)
  }

  /** The cookie is another person's by now: what waits here must not be sent in their name. */
  private onSomebodyElse(): void {
    this.leave()
    void this.session.start().catch(() => this.session.end('ended'))
  }

  private onLive(entry: Entry): void {
    const isNews = this.arrivals.isNews(entry)
    this.receive(entry)
    const conversation = this.conversations.conversationOf(entry.conversation_id).get()
    // What is replayed or fetched is not news: one summary follows when everything is there.
    if (isNews && conversation && this.connection.state.get().state === 'online') this.arrivals.tell(entry, conversation)
  }

  private receive(entry: Entry): void {
    this.arrivals.know(entry.conversation_id, entry.seq)
    this.outbox.receive(entry)
    this.conversations.receive(entry)
    this.timelines.receive(entry)
    this.outbox.settle(entry.conversation_id)
    this.members.receive(entry)
    this.receivedMarks.receive(entry)
  }

  private apply(change: AccountChange): void {
    switch (change.event) {
      case 'receipt':
        this.conversations.markRead(change.data.conversation_id, change.data.read_seq ?? 0)
        break
      case 'conversation_added':
        this.conversations.put(change.data.conversation)
        // Those one shares a conversation with may be seen from now on.
        this.presences.onReady()
        break
      case 'conversation_removed':
        this.conversations.remove(change.data.conversation_id)
        break
      case 'preferences_changed':
        this.conversations.prefer(change.data.conversation_id, change.data.preferences)
        break
      case 'rules_changed':
        this.rules.changed()
        break
      case 'contact_changed':
        if (this.contacts) this.contacts.put(change.data.contact)
        else this.conversations.relate(change.data.contact)
        break
      case 'account_changed':
        this.onOwnAccount(change.data.account)
    }
  }

  /** What one hides one does not see of others either, and the other way round. */
  private onOwnAccount(account: OwnAccount): OwnAccount {
    const before = this.session.account
    this.session.setAccount(account)
    this.people.learn([account])
    if (before?.hides_last_seen !== account.hides_last_seen) this.presences.onReady()
    if (before?.hides_receipts !== account.hides_receipts) this.members.onReady()
    return account
  }
}
