import { atom } from 'nanostores'
import type { ConnectionState } from './api.ts'
import { askAgainDelay, retryDelay, sleep } from './backoff.ts'
import { asMadangError, MadangError, noAnswer, notConnected } from './errors.ts'
import { makeSockets, type MakeSockets, type SocketLike, type SocketPair } from './sockets.ts'
import type { Entry, ErrorBody, Reply } from './types.ts'
import type { ChatWire, InboxWire } from './wire.ts'

const JOINING_MS = 50

const ANSWER_TIMEOUT_MS = 10_000
const PROBE_TIMEOUT_MS = 2_000
/** Longer than the link itself may take to open. */
const WELCOME_TIMEOUT_MS = 25_000
export const PROTOCOL = 1

export interface ConnectionOptions {
  url: string
  token: () => string | undefined
  /** The server does not know us any more. */
  onRefused: (code: 'unauthorized' | 'expired') => void
  answerTimeoutMs?: number
  makeSockets?: MakeSockets
}

/**
 * Two sockets over one link, and what the banner says about them.
 *
 * `connecting`, then `catching-up` from the server's `ready` until `caughtUp` is called, then `online`. A lost link is
 * `waiting` for the next try, or `offline` when the browser says so; trying goes on in both, because a server on the
 * same machine answers without a network.
 */
export class Connection {
  readonly state = atom<ConnectionState>({ state: 'connecting' })
  readonly chat: ChatWire
  readonly notifications: InboxWire
  private readonly sockets: SocketPair
  private wanted = false
  private isReady = false
  private tries = 0
  private until = 0
  private timer: ReturnType<typeof setTimeout> | undefined
  private welcomeTimer: ReturnType<typeof setTimeout> | undefined
  private drainingFor: number | undefined
  private readonly options: ConnectionOptions

  constructor(options: ConnectionOptions) {
    this.options = options
    this.sockets = (options.makeSockets ?? makeSockets)(options.url, () => {
      const token = options.token()
      return token ? { token, protocol: PROTOCOL } : { protocol: PROTOCOL }
    })
    this.watch(this.sockets.chat, true)
    this.watch(this.sockets.notifications, false)
    this.chat = this.wire(this.sockets.chat) as ChatWire
    this.notifications = this.wire(this.sockets.notifications) as InboxWire
  }

  /** Entries of a log, of kinds that this client does not know too: they have a place like all others. */
  onEntry(listener: (entry: Entry) => void): void {
    this.sockets.chat.onAny((event, entry) => {
      if (isEntry(event, entry)) listener(entry)
    })
  }

  /** Whether commands reach the server: it has said `ready`. */
  get ready(): boolean {
    return this.isReady
  }

  open(): void {
    if (this.wanted) return
    this.wanted = true
    this.tries = 0
    listen('online', this.onOnline)
    listen('offline', this.onOffline)
    // Somebody looks again, after minutes or a night: they should not wait out an old delay.
    listen('focus', this.onOnline)
    listen('pageshow', this.onOnline)
    this.attempt()
  }

  close(): void {
    this.wanted = false
    this.isReady = false
    this.cancelTimer()
    unlisten('online', this.onOnline)
    unlisten('offline', this.onOffline)
    unlisten('focus', this.onOnline)
    unlisten('pageshow', this.onOnline)
    this.sockets.chat.disconnect()
    this.sockets.notifications.disconnect()
    this.show({ state: 'connecting' })
  }

  reconnectNow(): void {
    if (!this.wanted || this.isReady) return
    this.cancelTimer()
    this.attempt()
  }

  /** Leaves and comes back at once, so that the server says `ready` anew. */
  restart(): void {
    this.sockets.drop()
  }

  /** Called when nothing is missing any more. */
  caughtUp(): void {
    if (this.isReady && this.state.get().state !== 'online') this.show({ state: 'online' })
  }

  /** Does `work` as soon as there is a connection, again and again while its error is retryable. */
  async patiently<Result>(work: () => Promise<Result>): Promise<Result> {
    for (let tries = 0; ; tries++) {
      await this.untilReady()
      try {
        return await work()
      } catch (reason) {
        const error = asMadangError(reason)
        if (!error.retryable) throw error
        // The second namespace joins a moment after the first: that is no failure to back off from.
        if (this.isReady) await sleep(error.code === 'not_connected' ? JOINING_MS : askAgainDelay(error, tries))
      }
    }
  }

  /** Resolves as soon as there is a connection, or nobody waits for one any more. */
  untilReady(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (this.isReady || signal?.aborted) return resolve()
      const end = (): void => {
        stop()
        resolve()
      }
      const stop = this.state.listen(() => {
        if (this.isReady) end()
      })
      signal?.addEventListener('abort', end)
    })
  }

  private show(state: ConnectionState): void {
    const now = this.state.get()
    if (now.state !== state.state || state.state === 'waiting') this.state.set(state)
  }

  private attempt(): void {
    this.timer = undefined
    if (!this.isReady) this.show({ state: isOffline() ? 'offline' : 'connecting' })
    for (const socket of [this.sockets.chat, this.sockets.notifications]) if (!socket.connected) socket.connect()
    clearTimeout(this.welcomeTimer)
    // A link on which nobody says `ready` is no better than none.
    if (!this.isReady) this.welcomeTimer = setTimeout(() => this.giveUp(), WELCOME_TIMEOUT_MS)
  }

  private giveUp(): void {
    if (!this.wanted || this.isReady) return
    this.sockets.drop()
    this.tryLater()
  }

  private watch(socket: SocketLike, isChat: boolean): void {
    socket.on('connect_error', (error: Error & { data?: ErrorBody }) => {
      const code = error.data?.code
      if (code === 'unauthorized' || code === 'expired') this.refused(code)
      else this.tryLater(error.data?.retry_after_ms)
    })
    socket.on('disconnect', (reason: string) => {
      if (isChat) this.isReady = false
      if (!this.wanted || reason === 'io client disconnect') return
      this.tryLater(this.drainingFor)
      // The server has done with this link: the next try opens another.
      if (reason === 'io server disconnect') this.sockets.drop()
    })
    if (!isChat) return
    socket.on('ready', () => {
      if (!this.wanted) return
      this.isReady = true
      this.tries = 0
      clearTimeout(this.welcomeTimer)
      this.drainingFor = undefined
      this.show({ state: 'catching-up' })
    })
    socket.on('draining', ({ retry_after_ms }: { retry_after_ms: number }) => {
      this.drainingFor = retry_after_ms
    })
  }

  private refused(code: 'unauthorized' | 'expired'): void {
    if (!this.wanted) return
    this.close()
    this.options.onRefused(code)
  }

  private tryLater(atLeastMs = 0): void {
    if (!this.wanted) return
    if (this.timer === undefined) {
      const delay = Math.max(retryDelay(this.tries++), atLeastMs)
      this.until = Date.now() + delay
      this.timer = setTimeout(() => this.attempt(), delay)
    }
    // A hiccup of the notifications alone is mended quietly: talking goes on meanwhile.
    if (!this.isReady) this.show(isOffline() ? { state: 'offline' } : { state: 'waiting', until: this.until })
  }

  private cancelTimer(): void {
    clearTimeout(this.timer)
    clearTimeout(this.welcomeTimer)
    this.timer = undefined
  }

  private readonly onOnline = (): void => {
    this.tries = 0
    this.reconnectNow()
  }

  private readonly onOffline = (): void => {
    if (!this.isReady) {
      this.show({ state: 'offline' })
      return
    }
    // The browser may be wrong about a server on this machine: one question decides.
    const probe = this.sockets.chat.timeout(PROBE_TIMEOUT_MS).emitWithAck('fetch_account_changes', { after_version: 2 ** 53 - 1 })
    probe.catch(() => {
      if (isOffline()) this.sockets.drop()
    })
  }

  private wire(socket: SocketLike): unknown {
    return {
      ask: async (name: string, payload: unknown) => {
        // socket.io-client would keep it for later, in an order of its own: the outbox knows better.
        if (!socket.connected) throw notConnected()
        const reply = await socket
          .timeout(this.options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS)
          .emitWithAck(name, payload)
          .then((answer) => answer as Reply<unknown>, () => Promise.reject(noAnswer()))
        if (reply.ok) return reply.data
        const error = new MadangError(reply.error)
        if (error.code === 'unauthorized' || error.code === 'expired') this.refused(error.code)
        throw error
      },
      tell: (name: string, payload: unknown) => {
        if (socket.connected) socket.emit(name, payload)
      },
      on: (event: string, listener: (payload: never) => void) => {
        socket.on(event, listener)
      },
    }
  }
}

function isEntry(event: string, data: unknown): data is Entry {
  const { kind, seq, conversation_id } = (data ?? {}) as Partial<Entry>
  return kind === event && typeof seq === 'number' && typeof conversation_id === 'number'
}

function isOffline(): boolean {
  return typeof navigator !== 'undefined' && 'onLine' in navigator && navigator.onLine === false
}

function listen(event: string, listener: () => void): void {
  if (typeof globalThis.addEventListener === 'function') globalThis.addEventListener(event, listener)
}

function unlisten(event: string, listener: () => void): void {
  if (typeof globalThis.removeEventListener === 'function') globalThis.removeEventListener(event, listener)
}
