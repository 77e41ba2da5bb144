import { atom, type ReadableAtom } from 'nanostores'
import { sleep } from './backoff.ts'
import type { StoredSend } from './outboxDb.ts'
import { randomId } from './randomId.ts'
import type { MessageSent } from './types.ts'

const ID_KEY = 'madang tab'
const HELP_AFTER_MS = 1_000
const HELP_UNLOCKED_AFTER_MS = 10_000
const GONE_UNLOCKED_AFTER_MS = 600_000
const STUCK_MS = 30_000

/** What tabs of one browser tell each other. */
export type TabMessage =
  | { kind: 'signed-out' }
  | { kind: 'signed-in'; account_id: number }
  /** Waits in the outbox on disk, or waits there in another state. */
  | { kind: 'queued'; item: StoredSend }
  /** Left the outbox: with the server's answer, or thrown away. */
  | { kind: 'done'; client_id: string; answer?: MessageSent }

/** What a browser gives its tabs; tests bring their own. */
export interface Browser {
  locks?: Pick<LockManager, 'request'>
  channel?: Pick<BroadcastChannel, 'postMessage' | 'addEventListener' | 'close'>
  /** The tab's own memory; it survives a reload. */
  memory?: Pick<Storage, 'getItem' | 'setItem'>
}

/**
 * The tabs of one browser: who leads, who is still there, and who may do something now.
 *
 * A tab holds a lock of its own name while it lives. The leader looks after desktop notices, sounds, and what tabs that were
 * closed left behind. Where the browser has no locks (they need HTTPS or localhost), every tab leads.
 */
export class Tabs {
  /** Stays the same over a reload. */
  id: string
  readonly leading: ReadableAtom<boolean>
  private readonly isLeading = atom(false)
  private readonly ending = new AbortController()
  private readonly browser: Browser

  constructor(browser: Browser = thisBrowser()) {
    this.browser = browser
    this.leading = this.isLeading
    this.id = this.remembered() ?? randomId()
  }

  /** How long a message is left to the tab that wrote it before another one sends it. */
  get helpAfterMs(): number {
    if (this.isAlone) return 0
    return this.browser.locks ? HELP_AFTER_MS : HELP_UNLOCKED_AFTER_MS
  }

  /** Whether there can be no other tab: not in a browser. */
  get isAlone(): boolean {
    return !this.browser.channel
  }

  async start(): Promise<void> {
    if (!this.browser.locks) {
      this.isLeading.set(true)
    } else {
      // A duplicated tab has the same memory, but the other one holds the lock.
      if (!(await this.hold(lockOf(this.id), { ifAvailable: true }))) {
        this.id = randomId()
        await this.hold(lockOf(this.id), {})
      }
      void this.hold('madang leader', {}).then((held) => this.isLeading.set(held))
    }
    this.remember()
  }

  stop(): void {
    this.ending.abort()
    this.isLeading.set(false)
    this.browser.channel?.close()
  }

  tell(message: TabMessage): void {
    if (!this.ending.signal.aborted) this.browser.channel?.postMessage(message)
  }

  listen(listener: (message: TabMessage) => void): void {
    this.browser.channel?.addEventListener('message', (event) => listener((event as MessageEvent<TabMessage>).data))
  }

  /**
   * Does `work` while no other tab does work of that name.
   *
   * A tab that stands still (frozen, or held by a debugger) keeps the others waiting for half a minute. Then they go on,
   * and must not mind if it wakes up and goes on as well.
   */
  async turn(name: string, work: () => Promise<void>): Promise<void> {
    const { locks } = this.browser
    if (!locks) return work()
    let begun: Promise<void> | undefined
    const waiting = new AbortController()
    const timer = setTimeout(() => waiting.abort(), STUCK_MS)
    const begin = (): Promise<void> => {
      clearTimeout(timer)
      return (begun ??= work())
    }
    try {
      await locks.request(name, { signal: waiting.signal }, begin)
    } catch {
      if (!begun) await locks.request(name, { steal: true }, begin).catch(() => undefined)
    }
    await begun
  }

  /** Resolves when the tab is gone: soon, for one that has long been closed. */
  async untilClosed(tab: string): Promise<void> {
    if (this.browser.locks) await this.browser.locks.request(lockOf(tab), { signal: this.ending.signal }, () => undefined)
    else if (!this.isAlone) await sleep(GONE_UNLOCKED_AFTER_MS)
  }

  /** Takes the lock until the end; resolves when it has it, or with false when it cannot. */
  private hold(lock: string, options: { ifAvailable?: true }): Promise<boolean> {
    return new Promise((resolve) => {
      const untilEnd = new Promise<void>((end) => this.ending.signal.addEventListener('abort', () => end()))
      const wanted = options.ifAvailable ? options : { signal: this.ending.signal }
      this.browser.locks
        ?.request(lock, wanted, (granted) => {
          resolve(granted !== null)
          return granted === null ? undefined : untilEnd
        })
        .catch(() => resolve(false))
    })
  }

  private remembered(): string | null {
    try {
      return this.browser.memory?.getItem(ID_KEY) ?? null
    } catch {
      return null // Forbidden by the person's settings.
    }
  }

  private remember(): void {
    try {
      this.browser.memory?.setItem(ID_KEY, this.id)
    } catch {
      return // Then a reload is a new tab.
    }
  }
}

function thisBrowser(): Browser {
  if (typeof window === 'undefined') return {}
  const browser: Browser = {}
  if ('locks' in navigator) browser.locks = navigator.locks
  if (typeof BroadcastChannel !== 'undefined') browser.channel = new BroadcastChannel('madang')
  try {
    browser.memory = sessionStorage
  } catch {
    return browser // Even to look at it is forbidden.
  }
  return browser
}

function lockOf(tab: string): string {
  return `madang tab ${tab}`
}
