const SEEN_MS = 400

export interface ReadMarkWorld {
  /** Whether somebody looks: the tab is visible and has the focus. */
  looking(): boolean
  /** The newest seq whose whole row is in view. */
  seen(): number
  mark(seq: number): void
}

/** Marks as read what has been in view for 400 ms while somebody looked. */
export class ReadMark {
  #world: ReadMarkWorld
  #marked = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #candidate = 0

  constructor(world: ReadMarkWorld) {
    this.#world = world
  }

  /** Something may have come into view, or somebody may have begun to look. */
  look(): void {
    if (this.#timer !== undefined || !this.#world.looking()) return
    this.#candidate = this.#world.seen()
    if (this.#candidate <= this.#marked) return
    this.#timer = setTimeout(() => this.#seen(), SEEN_MS)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #seen(): void {
    this.#timer = undefined
    if (!this.#world.looking()) return
    // Scrolled back meanwhile: only what is still in view, or above it, counts.
    const seq = Math.min(this.#candidate, Math.max(this.#world.seen(), this.#marked))
    if (seq > this.#marked) {
      this.#marked = seq
      this.#world.mark(seq)
    }
    this.look()
  }
}
