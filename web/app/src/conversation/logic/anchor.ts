/**
 * Where rows stand and what stays under the eye: the arithmetic of the timeline, without a browser.
 * Heights are remembered by key; a row that was never seen counts with an estimate.
 */

/** The row that must not move, and how far its top is below the top of the view. */
export interface Anchor {
  key: string
  offset: number
}

export interface Range {
  start: number
  /** One past the last. */
  end: number
}

/** Within this of the end counts as being there. */
export const AT_BOTTOM_PX = 80

export class Heights {
  #known = new Map<string, number>()
  #keys: readonly string[] = []
  #index = new Map<string, number>()
  #tops = new Float64Array(1)
  #clean = 0
  #estimate: (index: number) => number

  constructor(estimate: (index: number) => number) {
    this.#estimate = estimate
  }

  /** Takes the rows as they are now; what is known of them stays known. */
  setKeys(keys: readonly string[]): void {
    this.#keys = keys
    this.#index = new Map(keys.map((key, at) => [key, at]))
    this.#tops = new Float64Array(keys.length + 1)
    this.#clean = 0
  }

  /** Remembers a measured height; true if it is news. */
  set(key: string, height: number): boolean {
    if (this.#known.get(key) === height) return false
    this.#known.set(key, height)
    const at = this.#index.get(key)
    if (at !== undefined) this.#clean = Math.min(this.#clean, at)
    return true
  }

  /** Forgets everything: the width has changed. */
  forget(): void {
    this.#known.clear()
    this.#clean = 0
  }

  get count(): number {
    return this.#keys.length
  }

  get total(): number {
    return this.top(this.#keys.length)
  }

  indexOf(key: string): number | undefined {
    return this.#index.get(key)
  }

  keyAt(index: number): string | undefined {
    return this.#keys[index]
  }

  knows(key: string): boolean {
    return this.#known.has(key)
  }

  /** The top of a row; of `count`, the end of all. */
  top(index: number): number {
    for (let at = this.#clean; at < index; at += 1) {
      const key = this.#keys[at]
      const height = (key === undefined ? undefined : this.#known.get(key)) ?? this.#estimate(at)
      this.#tops[at + 1] = (this.#tops[at] ?? 0) + height
    }
    this.#clean = Math.max(this.#clean, index)
    return this.#tops[index] ?? 0
  }

  /** The row that holds the height `y`; clamped to the first and last. */
  at(y: number): number {
    let low = 0
    let high = Math.max(0, this.#keys.length - 1)
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.top(middle) <= y) low = middle
      else high = middle - 1
    }
    return low
  }
}

/**
 * The first row whose top is in view; when one row fills the view, that row. Rows before `from` are none to hang on, and
 * `from` itself only where no other is in view: it says a day and a name that an older row before it will say.
 */
export function anchorAt(heights: Heights, scroll: number, view: number, from = 0): Anchor | undefined {
  if (heights.count <= from) return undefined
  let index = Math.max(from, heights.at(scroll))
  if ((index === from || heights.top(index) < scroll) && index + 1 < heights.count && heights.top(index + 1) < scroll + view) index += 1
  const key = heights.keyAt(index)
  return key === undefined ? undefined : { key, offset: heights.top(index) - scroll }
}

/** Where to scroll so that the anchor stands where it stood; undefined when its row has gone. */
export function scrollFor(heights: Heights, anchor: Anchor): number | undefined {
  const index = heights.indexOf(anchor.key)
  return index === undefined ? undefined : heights.top(index) - anchor.offset
}

/** The rows to draw: those in view and `margin` pixels more on either side. */
export function rangeFor(heights: Heights, scroll: number, view: number, margin: number): Range {
  if (heights.count === 0) return { start: 0, end: 0 }
  return { start: heights.at(Math.max(0, scroll - margin)), end: heights.at(scroll + view + margin) + 1 }
}

/** The same rows as before when others came or went before them. */
export function shiftRange(range: Range, before: readonly string[], after: readonly string[]): Range {
  const index = new Map(after.map((key, at) => [key, at]))
  // The first drawn row may be the head, which stands first in any case: what follows it tells more.
  for (let at = Math.max(1, range.start); at < range.end; at += 1) {
    const now = index.get(before[at] ?? '')
    if (now === undefined) continue
    const start = Math.max(0, range.start + now - at)
    return { start, end: Math.min(after.length, range.end + now - at) }
  }
  return { start: Math.min(range.start, after.length), end: Math.min(range.end, after.length) }
}

/** Whether `outer` draws all rows of `inner`. */
export const covers = (outer: Range, inner: Range): boolean => outer.start <= inner.start && outer.end >= inner.end

export function isAtBottom(scroll: number, view: number, total: number): boolean {
  return total - view - scroll <= AT_BOTTOM_PX
}

/** Where a target row is put: the divider at a third of the height, a message that was looked for in the middle. */
export function scrollTo(top: number, height: number, view: number, place: 'third' | 'centre' | 'nearest', scroll: number): number {
  if (place === 'third') return top - view / 3
  if (place === 'centre') return height >= view ? top : top - (view - height) / 2
  if (top < scroll) return top
  return top + height > scroll + view ? top + height - view : scroll
}

export const clampScroll = (scroll: number, view: number, total: number): number => Math.max(0, Math.min(scroll, Math.max(0, total - view)))
