import { useEffect, useRef, type FocusEvent, type RefObject } from 'react'

/** Selectors. A row's own buttons are not those of an open menu or dialog, which count as the last one: it opened them. */
export interface Rows {
  row: string
  buttons: string
}

/** Where the focus is: a button of a row, and that row's place in its list. */
interface Held {
  element: HTMLElement
  row: HTMLElement
  list: HTMLElement
  place: number
  button: number
  buttons: number
}

/** Keeps the focus on a page of rows: when its button goes, it goes to the one that takes the place; with the whole row, to the same button of the next one, and to the page's title when none is left. */
export function useKeptFocus(page: RefObject<HTMLElement | null>, { row, buttons }: Rows) {
  const held = useRef<Held>(undefined)
  useEffect(() => {
    const all = page.current
    if (!all) return
    const observer = new MutationObserver(() => {
      const last = held.current
      if (last?.element.isConnected) held.current = heldBy(last.element, { row, buttons })
      else if (last && isLost()) (heir(last, buttons) ?? all.querySelector('h1'))?.focus()
    })
    observer.observe(all, { childList: true, subtree: true })
    return () => observer.disconnect()
  }, [page, row, buttons])
  return {
    onFocus: (event: FocusEvent) => {
      held.current = heldBy(event.target as HTMLElement, { row, buttons })
    },
    // React tells of no blur while it removes something itself.
    onBlur: () => {
      held.current = undefined
    },
  }
}

function heldBy(element: HTMLElement, rows: Rows): Held | undefined {
  const row = element.closest<HTMLElement>(rows.row)
  const list = row?.parentElement
  if (!row || !list) return undefined
  const own = buttonsOf(row, rows.buttons)
  return { element, row, list, place: [...list.children].indexOf(row), button: own.indexOf(element), buttons: own.length }
}

function heir({ row, list, place, button, buttons }: Held, selector: string): HTMLElement | undefined {
  const own = row.isConnected ? buttonsOf(row, selector) : []
  if (own.length > 0) return own[button] ?? own.at(-1)
  const next = list.isConnected ? (list.children[place] ?? list.lastElementChild) : null
  // Rows differ in what they begin with, and end alike.
  return next ? buttonsOf(next, selector).at(button < 0 ? -1 : button - buttons) : undefined
}

const buttonsOf = (row: Element, selector: string) => [...row.querySelectorAll<HTMLElement>(selector)]

const isLost = () => document.activeElement === null || document.activeElement === document.body
