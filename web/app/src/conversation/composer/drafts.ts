import { $drafts, draftKey, keepDraft, type Draft } from '../../app/drafts.ts'

const SAVE_MS = 300

/** Keeps the draft of one conversation: saved 300 ms after the last change, when the page is hidden, and when it is left. */
export class DraftKeeper {
  #account: number
  #conversation: number
  #timer: ReturnType<typeof setTimeout> | undefined
  #waiting: { draft: Draft | undefined } | undefined
  #hidden = () => {
    if (document.visibilityState === 'hidden') this.flush()
  }
  #leave = () => this.flush()

  constructor(account: number, conversation: number) {
    this.#account = account
    this.#conversation = conversation
  }

  get kept(): Draft | undefined {
    return $drafts.get()[draftKey(this.#account, this.#conversation)]
  }

  save(draft: Draft | undefined): void {
    this.#waiting = { draft }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.flush(), SAVE_MS)
  }

  /** Forgets it at once: it has been sent. */
  clear(): void {
    clearTimeout(this.#timer)
    this.#waiting = undefined
    keepDraft(this.#account, this.#conversation, undefined)
  }

  flush(): void {
    clearTimeout(this.#timer)
    if (!this.#waiting) return
    keepDraft(this.#account, this.#conversation, this.#waiting.draft)
    this.#waiting = undefined
  }

  /** Calls `changed` when another tab changed this draft. Returns how to stop; then what waits is saved. */
  start(changed: (draft: Draft | undefined) => void): () => void {
    const key = draftKey(this.#account, this.#conversation)
    const fromElsewhere = (event: StorageEvent) => {
      if (event.key?.endsWith(`.${key}`) && !this.#waiting) queueMicrotask(() => changed(this.kept))
    }
    addEventListener('storage', fromElsewhere)
    addEventListener('pagehide', this.#leave)
    document.addEventListener('visibilitychange', this.#hidden)
    return () => {
      removeEventListener('storage', fromElsewhere)
      removeEventListener('pagehide', this.#leave)
      document.removeEventListener('visibilitychange', this.#hidden)
      this.flush()
    }
  }
}
