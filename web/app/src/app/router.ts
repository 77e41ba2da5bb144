import { useStore } from '@nanostores/react'
import { atom, computed } from 'nanostores'
import { parseRoute, type Route } from './routes.ts'

/** The router is the browser's history: one entry per page, one more per open dialog, sheet or lightbox. */
interface Layer {
  close: () => void
  /** It has its history entry. */
  entered: boolean
  /** Its history entry has gone or now belongs to another page. */
  gone: boolean
}

interface Place {
  /** How many entries of our own lie before this one: whether Back stays in the app. */
  depth: number
}

export const $path = atom(location.pathname)
/** How the present page was reached: after Back, focus and scroll are left alone. */
export const $arrival = atom<'load' | 'forward' | 'back'>('load')
/** Counts the pages that were gone to: a message that is gone to again is shown again. */
export const $visit = atom(0)
export const $route = computed($path, parseRoute)

let layers: Layer[] = []
/** Entries that we took back ourselves: their `popstate` is not a person's Back. */
let ownSteps = 0
/** What would add an entry meanwhile waits: a step back that is under way would pass over it. */
let afterOwnSteps: (() => void)[] = []

export function useRoute(): Route {
  return useStore($route)
}

/** Goes to another page. An open dialog gives its history entry to the page, so that Back skips it. */
export function navigate(path: string, how: { replace?: boolean } = {}): void {
  if (ownSteps > 0) {
    afterOwnSteps.push(() => navigate(path, how))
    return
  }
  const open = layers.filter((layer) => !layer.gone)
  for (const layer of open) layer.gone = true
  if (how.replace || open.length > 0) history.replaceState(place(0), '', path)
  else if (path !== location.pathname) history.pushState(place(1), '', path)
  $arrival.set('forward')
  $visit.set($visit.get() + 1)
  $path.set(location.pathname)
}

/** One step back inside the app, or to `fallback` when the app was opened right here. */
export function back(fallback = '/c'): void {
  if (depth() > 0) history.back()
  else navigate(fallback, { replace: true })
}

/** While a layer (dialog, sheet, lightbox) is open, Back closes it. Returns what to call when it closes by itself. */
export function openLayer(close: () => void): () => void {
  const layer: Layer = { close, entered: false, gone: false }
  layers.push(layer)
  const enter = () => {
    if (layer.gone) return
    layer.entered = true
    history.pushState(place(1), '')
  }
  if (ownSteps > 0) afterOwnSteps.push(enter)
  else enter()
  return () => {
    // Later, because "close, then go somewhere" is common: the page then takes over the entry.
    setTimeout(() => {
      layers = layers.filter((other) => other !== layer)
      if (layer.gone) return
      layer.gone = true
      if (!layer.entered) return
      ownSteps += 1
      history.back()
    })
  }
}

/** Starts listening to Back and Forward; once per page. */
export function startRouter(): () => void {
  if (history.state === null) history.replaceState({ depth: 0 } satisfies Place, '')
  const moved = () => {
    if (ownSteps > 0) {
      ownSteps -= 1
      if (ownSteps > 0) return
      const waiting = afterOwnSteps
      afterOwnSteps = []
      for (const go of waiting) go()
      return
    }
    const top = layers.findLast((layer) => !layer.gone)
    if (top) {
      top.gone = true
      top.close()
      return
    }
    $arrival.set('back')
    $path.set(location.pathname)
  }
  addEventListener('popstate', moved)
  return () => removeEventListener('popstate', moved)
}

function depth(): number {
  const state = history.state as Place | null
  return typeof state?.depth === 'number' ? state.depth : 0
}

function place(step: 0 | 1): Place {
  return { depth: depth() + step }
}
