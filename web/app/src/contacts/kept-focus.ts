import { useLayoutEffect, useRef, type FocusEvent, type RefObject } from 'react'

/** Where the focus is: a button of a row, and that row's place in its list. */
interface Held {
  element: HTMLElement
  row: HTMLElement
  list: HTMLElement
  place: number
  button: number
}

/** Keeps the focus on a page of people: when its row goes, it goes to the same button of the next one, and to the page's title when none is left. */
export function useKeptFocus(page: RefObject<HTMLElement | null>) {
  const held = useRef<Held>(undefined)
  useLayoutEffect(() => {
    const last = held.current
    if (!last) return
    if (last.element.isConnected) held.current = heldBy(last.element)
    else if (isLost()) heir(last, page.current)?.focus()
  })
  return {
    onFocus: (event: FocusEvent) => {
      held.current = heldBy(event.target as HTMLElement)
    },
    // React tells of no blur while it removes something itself.
    onBlur: () => {
      held.current = undefined
    },
  }
}

function heldBy(element: HTMLElement): Held | undefined {
  const row = element.closest<HTMLElement>('.contact')
  const list = row?.parentElement
  if (!row || !list) return undefined
  return { element, row, list, place: [...list.children].indexOf(row), button: buttonsOf(row).indexOf(element) }
}

function heir({ row, list, place, button }: Held, page: HTMLElement | null): HTMLElement | null | undefined {
  // They are something else to me now: what can be done next is the first button.
  if (row.isConnected) return buttonsOf(row)[0]
  const next = list.isConnected && (list.children[place] ?? list.lastElementChild)
  return next ? buttonsOf(next).at(button) : page?.querySelector('h1')
}

/** A row's own buttons, and not those of an open menu or dialog, which count as the last one: it opened them. */
const buttonsOf = (row: Element) => [...row.querySelectorAll<HTMLElement>('.contact-acts > button, .menu-anchor > button')]

const isLost = () => document.activeElement === null || document.activeElement === document.body
