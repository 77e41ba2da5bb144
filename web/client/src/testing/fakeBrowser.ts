import type { Browser } from '../tabs.ts'

interface Wait {
  tab: FakeTab
  begin: (granted: boolean) => Promise<unknown>
  refuse: (reason: Error) => void
}

/** One browser: what its tabs share, and what happens to them. */
export class FakeBrowser {
  private readonly holders = new Map<string, Wait>()
  private readonly waiting = new Map<string, Wait[]>()
  private readonly tabs = new Set<FakeTab>()

  /** Opens a tab; with the memory of another one, it is that tab after a reload, or its duplicate. */
  open(memory = new Map<string, string>()): FakeTab {
    const tab = new FakeTab(this, memory)
    this.tabs.add(tab)
    return tab
  }

  /** The tab is gone without a word: its locks are free, what it asked for is not asked any more. */
  close(tab: FakeTab): void {
    this.tabs.delete(tab)
    for (const [name, waits] of this.waiting) this.waiting.set(name, waits.filter((wait) => wait.tab !== tab))
    for (const [name, wait] of [...this.holders]) if (wait.tab === tab) this.release(name, wait)
  }

  post(from: FakeTab, data: unknown): void {
    if (!this.tabs.has(from)) return
    const copy = structuredClone(data)
    for (const tab of this.tabs) if (tab !== from) queueMicrotask(() => tab.hear(copy))
  }

  request(tab: FakeTab, name: string, options: LockOptions, work: (granted: boolean) => unknown): Promise<unknown> {
    if (!this.tabs.has(tab)) return new Promise(() => undefined)
    return new Promise((resolve, reject) => {
      const wait: Wait = {
        tab,
        refuse: reject,
        begin: (granted) => Promise.resolve().then(() => work(granted)).then(resolve, reject),
      }
      const holder = this.holders.get(name)
      if (options.steal && holder) {
        this.holders.delete(name)
        holder.refuse(new Error('AbortError: stolen'))
      }
      if (!this.holders.has(name)) return this.grant(name, wait)
      if (options.ifAvailable) return void wait.begin(false)
      this.waiting.set(name, [...(this.waiting.get(name) ?? []), wait])
      options.signal?.addEventListener('abort', () => {
        const waits = this.waiting.get(name) ?? []
        if (!waits.includes(wait)) return
        this.waiting.set(name, waits.filter((other) => other !== wait))
        reject(new Error('AbortError'))
      })
    })
  }

  private grant(name: string, wait: Wait): void {
    this.holders.set(name, wait)
    void wait.begin(true).finally(() => this.release(name, wait))
  }

  private release(name: string, wait: Wait): void {
    if (this.holders.get(name) !== wait) return
    this.holders.delete(name)
    const [next, ...rest] = this.waiting.get(name) ?? []
    this.waiting.set(name, rest)
    if (next) this.grant(name, next)
  }
}

/** A tab of it, as `Tabs` sees it. */
export class FakeTab implements Browser {
  readonly locks: NonNullable<Browser['locks']>
  readonly channel: NonNullable<Browser['channel']>
  readonly memory: NonNullable<Browser['memory']>
  /** It hears nothing: it is frozen, and wakes up without what was said. */
  isFrozen = false
  readonly remembers: Map<string, string>
  private readonly browser: FakeBrowser
  private readonly listeners: ((event: MessageEvent) => void)[] = []

  constructor(browser: FakeBrowser, remembers: Map<string, string>) {
    this.browser = browser
    this.remembers = remembers
    const request = (name: string, options: LockOptions, work: (lock: Lock | null) => unknown): Promise<unknown> =>
      browser.request(this, name, options, (granted) => work(granted ? ({ name } as Lock) : null))
    this.locks = { request } as NonNullable<Browser['locks']>
    this.channel = {
      postMessage: (data: unknown) => browser.post(this, data),
      addEventListener: (_: string, listener: unknown) => this.listeners.push(listener as (event: MessageEvent) => void),
      close: () => undefined,
    } as NonNullable<Browser['channel']>
    this.memory = { getItem: (key) => remembers.get(key) ?? null, setItem: (key, value) => void remembers.set(key, value) }
  }

  close(): void {
    this.browser.close(this)
  }

  hear(data: unknown): void {
    if (!this.isFrozen) for (const listener of this.listeners) listener({ data } as MessageEvent)
  }
}
