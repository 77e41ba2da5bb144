import { atom, type ReadableAtom } from 'nanostores'
import { sleep } from './backoff.ts'
import { randomId } from './randomId.ts'

const RELOAD_MS = 3_000
const ID_KEY = 'madang tab'

/** What tabs of one browser tell each other. */
export type TabMessage = { kind: 'signed-out' } | { kind: 'signed-in'; account_id: number } | { kind: 'queued'; tab: string }

/**
 * The tabs of one browser: who leads, and who is still there.
 *
 * A tab holds a lock of its own name while it lives. The leader looks after desktop notices, sounds, and what tabs that were
 * closed left behind. Where the browser has no locks (they need HTTPS or localhost), every tab leads.
 */
export class Tabs {
  /** Stays the same over a reload. */
  id = randomId()
  readonly leading: ReadableAtom<boolean>
  private readonly isLeading = atom(false)
  private readonly channel: BroadcastChannel | undefined
  private readonly locks: LockManager | undefined
  private readonly ending = new AbortController()

  constructor() {
    this.leading = this.isLeading
    const isBrowser = typeof window !== 'undefined'
    this.locks = isBrowser && 'locks' in navigator ? navigator.locks : undefined
    this.channel = isBrowser && typeof BroadcastChannel !== 'undefined' ? new BroadcastChannel('madang') : undefined
  }

  async start(): Promise<void> {
    if (!this.locks) {
      this.isLeading.set(true)
      return
    }
    const before = remembered()
    // A duplicated tab has the same memory, but the other one holds the lock.
    if (before && (await this.hold(lockOf(before), { ifAvailable: true }))) this.id = before
    else await this.hold(lockOf(this.id), {})
    remember(this.id)
    void this.hold('madang leader', {}).then((held) => this.isLeading.set(held))
  }

  stop(): void {
    this.ending.abort()
    this.isLeading.set(false)
    this.channel?.close()
  }

  tell(message: TabMessage): void {
    if (!this.ending.signal.aborted) this.channel?.postMessage(message)
  }

  listen(listener: (message: TabMessage) => void): void {
    this.channel?.addEventListener('message', (event: MessageEvent<TabMessage>) => listener(event.data))
  }

  /** Resolves when the tab is gone and has not come back by a reload: soon, for one that has long been closed. */
  async untilClosed(tab: string): Promise<void> {
    if (!this.locks) return
    for (;;) {
      await this.locks.request(lockOf(tab), { signal: this.ending.signal }, () => undefined)
      await sleep(RELOAD_MS)
      const { held = [], pending = [] } = await this.locks.query()
      if (![...held, ...pending].some((lock) => lock.name === lockOf(tab))) return
    }
  }

  /** Takes the lock until the end; resolves when it has it, or with false when it cannot. */
  private hold(lock: string, options: { ifAvailable?: true }): Promise<boolean> {
    return new Promise((resolve) => {
      const untilEnd = new Promise<void>((end) => this.ending.signal.addEventListener('abort', () => end()))
      const wanted = options.ifAvailable ? options : { signal: this.ending.signal }
      this.locks
        ?.request(lock, wanted, (granted) => {
          resolve(granted !== null)
          return granted === null ? undefined : untilEnd
        })
        .catch(() => resolve(false))
    })
  }
}

function lockOf(tab: string): string {
  return `madang tab ${tab}`
}

function remembered(): string | null {
  try {
    return sessionStorage.getItem(ID_KEY)
  } catch {
    return null // Forbidden by the person's settings.
  }
}

function remember(id: string): void {
  try {
    sessionStorage.setItem(ID_KEY, id)
  } catch {
    return // Then a reload is a new tab.
  }
}
