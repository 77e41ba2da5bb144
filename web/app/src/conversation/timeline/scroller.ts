import { anchorAt, clampScroll, covers, Heights, isAtBottom, rangeFor, scrollFor, scrollTo, type Anchor, type Range } from '../logic/anchor.ts'

/** The three elements of a timeline: what scrolls, what is as high as everything, what holds the drawn rows. */
export interface ScrollerDom {
  scroller: HTMLElement
  column: HTMLElement
  slice: HTMLElement
}

export interface ScrollerEvents {
  /** About how high a row is that was never drawn. */
  estimate(index: number): number
  /** Other rows have to be drawn; `now` when the eye would see a blank before the next frame. */
  onRange(range: Range, now: boolean): void
  /** The view moved or its content changed. */
  onMove(): void
}

export type Place = 'third' | 'centre' | 'nearest'

/** Room under the last row. */
const FOOT = 8
/** The head stands first among the rows. */
const FIRST_ROW = 1
const DRAW_AHEAD = 900
const DRAW_AGAIN = 350
const REST_MS = 140

/**
 * Moves a timeline so that nothing moves under the reader. The view hangs on one of three things: a row it is being
 * taken to, the bottom, or an anchor row; after every change it is put back there before the browser paints.
 */
export class Scroller {
  readonly heights = new Heights((index) => this.#events.estimate(index))
  range: Range = { start: 0, end: 0 }
  #events: ScrollerEvents = { estimate: () => 60, onRange: () => undefined, onMove: () => undefined }
  #committing = false
  #dom: ScrollerDom | undefined
  #anchor: Anchor | undefined
  #stick = true
  /** Whether the end of the rows is the end of the conversation. */
  #endIsEnd = true
  #target: { key: string; place: Place } | undefined
  #setTop = -1
  #width = 0
  /** While a finger moves the view it is not corrected; what it is off by is settled afterwards. */
  #held = false
  #drift = 0
  #rest: ReturnType<typeof setTimeout> | undefined

  /** Who is asked and told from now on. */
  listen(events: ScrollerEvents): void {
    this.#events = events
  }

  /** Does `work` while rows are being committed: what it asks to draw comes with the next commit, before the paint. */
  commit(work: () => void): void {
    this.#committing = true
    work()
    this.#committing = false
  }

  attach(dom: ScrollerDom): () => void {
    this.#dom = dom
    this.#widen(dom)
    const observer = new ResizeObserver(() => this.settle())
    observer.observe(dom.scroller)
    observer.observe(dom.slice)
    const ended = new AbortController()
    const options = { passive: true, signal: ended.signal }
    dom.scroller.addEventListener('scroll', () => this.#scrolled(), options)
    dom.scroller.addEventListener('scrollend', () => this.#release(), options)
    dom.scroller.addEventListener('touchstart', () => this.#hold(), options)
    for (const name of ['touchend', 'touchcancel'] as const) dom.scroller.addEventListener(name, () => this.#restSoon(), options)
    return () => {
      observer.disconnect()
      ended.abort()
      clearTimeout(this.#rest)
      this.#dom = undefined
    }
  }

  /** The rows as they are now, and which of them are drawn. */
  setRows(keys: readonly string[], endIsEnd: boolean, drawn: Range): void {
    this.heights.setKeys(keys)
    this.#endIsEnd = endIsEnd
    this.range = drawn
  }

  get view(): number {
    return this.#dom?.scroller.clientHeight ?? 0
  }

  /** How far the top of the view is below the first row. */
  get scroll(): number {
    const { scroller } = this.#dom ?? {}
    return scroller ? scroller.scrollTop + this.#drift - this.#lead : 0
  }

  get total(): number {
    return this.heights.total + FOOT
  }

  get atBottom(): boolean {
    return this.#endIsEnd && isAtBottom(this.scroll, this.view, this.total)
  }

  get fromBottom(): number {
    return this.total - this.view - this.scroll
  }

  get anchor(): Anchor | undefined {
    return this.#anchor
  }

  get hangsOnBottom(): boolean {
    return this.#stick
  }

  /** Takes the view to a row and keeps it there while what is around it gets its true height. */
  goTo(key: string, place: Place): void {
    this.#target = { key, place }
    this.#stick = false
    this.settle()
  }

  goToBottom(): void {
    this.#target = undefined
    this.#stick = true
    this.settle()
  }

  /** Goes back to a place that was left. */
  goToAnchor(anchor: Anchor): void {
    this.#target = undefined
    this.#stick = false
    this.#anchor = anchor
    this.settle()
  }

  /** Measures what is drawn and puts the view where it belongs. Called after every change, before it is painted. */
  settle(): void {
    const dom = this.#dom
    if (!dom || this.heights.count === 0 || dom.scroller.clientHeight === 0) return
    this.#measure(dom)
    this.#stand(dom)
    const wanted = this.#wanted()
    if (wanted !== undefined) this.#move(dom, wanted)
    if (this.#draw()) return
    if (this.#target) this.#arrive()
    this.#events.onMove()
  }

  #wanted(): number | undefined {
    if (this.#target) {
      const index = this.heights.indexOf(this.#target.key)
      if (index !== undefined) {
        const top = this.heights.top(index)
        const height = this.heights.top(index + 1) - top
        return clampScroll(scrollTo(top, height, this.view, this.#target.place, this.scroll), this.view, this.total)
      }
    }
    if (this.#stick && this.#endIsEnd) return Math.max(0, this.total - this.view)
    if (!this.#anchor) return undefined
    const kept = scrollFor(this.heights, this.#anchor)
    return kept === undefined ? undefined : clampScroll(kept, this.view, this.total)
  }

  #move(dom: ScrollerDom, wanted: number): void {
    const top = wanted + this.#lead
    if (this.#held && !this.#stick && !this.#target) {
      this.#drift = top - dom.scroller.scrollTop
      this.#stand(dom)
      return
    }
    this.#drift = 0
    this.#stand(dom)
    const now = dom.scroller.scrollTop
    // Beyond either end a browser is bouncing back: it would fight.
    if (now < 0 || now > dom.scroller.scrollHeight - dom.scroller.clientHeight + 1) return
    if (Math.abs(now - top) >= 0.5) dom.scroller.scrollTop = top
    this.#setTop = dom.scroller.scrollTop
  }

  /** The target is drawn and everything around it has been measured: from now on its row is the anchor. */
  #arrive(): void {
    const target = this.#target
    this.#target = undefined
    const index = target && this.heights.indexOf(target.key)
    if (target && index !== undefined) this.#anchor = { key: target.key, offset: this.heights.top(index) - this.scroll }
    this.#stick = this.atBottom
  }

  /** Asks for the rows around the view; true when they are on their way and `settle` will be called again. */
  #draw(): boolean {
    const { scroll, view } = this
    if (covers(this.range, rangeFor(this.heights, scroll, view, DRAW_AGAIN))) return false
    const now = !this.#committing && !covers(this.range, rangeFor(this.heights, scroll, view, 0))
    this.range = rangeFor(this.heights, scroll, view, DRAW_AHEAD)
    this.#events.onRange(this.range, now)
    return true
  }

  #measure(dom: ScrollerDom): void {
    if (dom.scroller.clientWidth !== this.#width) {
      this.#widen(dom)
      this.heights.forget()
    }
    for (const row of dom.slice.children) {
      const key = row instanceof HTMLElement ? row.dataset.row : undefined
      if (key !== undefined) this.heights.set(key, row.getBoundingClientRect().height)
    }
  }

  #widen(dom: ScrollerDom): void {
    this.#width = dom.scroller.clientWidth
    dom.scroller.style.setProperty('--scrollbar', `${dom.scroller.offsetWidth - dom.scroller.clientWidth}px`)
  }

  /** Rows fewer than the view stand at its foot. */
  get #lead(): number {
    return Math.max(0, this.view - this.total)
  }

  #stand(dom: ScrollerDom): void {
    const height = `${Math.max(this.view, this.total)}px`
    if (dom.column.style.height !== height) dom.column.style.height = height
    const top = `${Math.max(0, this.#lead + this.heights.top(this.range.start) - this.#drift)}px`
    // Padding, not an offset: the drawn rows then never move themselves, for the eye and for the browser's own measure.
    if (dom.slice.style.paddingBlockStart !== top) dom.slice.style.paddingBlockStart = top
  }

  #scrolled(): void {
    const dom = this.#dom
    if (!dom) return
    if (this.#held) this.#restSoon()
    if (Math.abs(dom.scroller.scrollTop - this.#setTop) > 1) {
      this.#setTop = -1
      this.#target = undefined
      this.#stick = this.atBottom
      this.#anchor = anchorAt(this.heights, this.scroll, this.view, this.#firstSeen())
    }
    this.#draw()
    this.#events.onMove()
  }

  /** The first row that may be an anchor: a drawn one if any is in view, for only those have been seen where they stand. */
  #firstSeen(): number {
    const { start } = this.range
    return start > FIRST_ROW && this.heights.top(start) < this.scroll + this.view ? start : FIRST_ROW
  }

  #hold(): void {
    clearTimeout(this.#rest)
    this.#held = true
  }

  #restSoon(): void {
    clearTimeout(this.#rest)
    this.#rest = setTimeout(() => this.#release(), REST_MS)
  }

  #release(): void {
    clearTimeout(this.#rest)
    if (!this.#held) return
    this.#held = false
    if (this.#drift !== 0) this.settle()
  }
}
