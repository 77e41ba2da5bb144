import type { ConversationView, Madang } from '@madang/client'
import { shown } from '../sidebar/filters.ts'
import { $layout } from './layout-size.ts'
import { $route, back, navigate } from './router.ts'
import { conversationPath } from './routes.ts'
import { $preferences, setPreference } from './preferences.ts'
import { apple } from './shortcut-text.ts'
import { $window, closeWindow, openWindow } from './windows.ts'

/** The keys that work everywhere. Letters go by their place on the board, so that a Korean layout does not matter. */
export function listenToKeys(madang: Madang): () => void {
  const pressed = (event: KeyboardEvent) => {
    // An input method owns every key while it composes.
    if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return
    if (act(madang, event)) event.preventDefault()
  }
  // Shift+Esc means everything; it must not first mean the nearest thing.
  const everything = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !event.shiftKey || event.isComposing || event.keyCode === 229 || modalOpen()) return
    event.preventDefault()
    event.stopPropagation()
    openWindow('read-all')
  }
  addEventListener('keydown', everything, { capture: true })
  addEventListener('keydown', pressed)
  return () => {
    removeEventListener('keydown', everything, { capture: true })
    removeEventListener('keydown', pressed)
  }
}

function act(madang: Madang, event: KeyboardEvent): boolean {
  const command = (apple ? event.metaKey : event.ctrlKey) && !event.altKey
  if (command && !event.shiftKey && event.code === 'KeyK') {
    if ($window.get() === 'switcher') closeWindow()
    else if (!modalOpen()) openWindow('switcher')
    return true
  }
  if (command && event.code === 'Slash') {
    if (!modalOpen()) openWindow('shortcuts')
    return true
  }
  if (modalOpen()) return false
  if ((command && event.shiftKey && event.code === 'KeyF') || isSlashOnMessage(event)) {
    lookForMessages()
    return true
  }
  if (event.altKey && !event.ctrlKey && !event.metaKey && (event.code === 'ArrowUp' || event.code === 'ArrowDown')) {
    goToNeighbour(madang, event.code === 'ArrowDown' ? 1 : -1, event.shiftKey)
    return true
  }
  if (event.key === 'F6') {
    movePane(event.shiftKey ? -1 : 1)
    return true
  }
  return event.key === 'Escape' && closeTopmost()
}

/** Esc, when nothing nearer took it: the details, or what was searched for. */
function closeTopmost(): boolean {
  const route = $route.get()
  if (route.page === 'search') {
    back('/c')
    return true
  }
  if (route.page === 'conversation' && route.details) {
    back(conversationPath(route.id))
    return true
  }
  if (route.page === 'conversation' && $layout.get() === 'desktop' && $preferences.get().details && insideDetails()) {
    setPreference('details', false)
    return true
  }
  return false
}

function goToNeighbour(madang: Madang, step: 1 | -1, onlyUnread: boolean): void {
  const route = $route.get()
  const openId = route.page === 'conversation' ? route.id : undefined
  const next = neighbour(shown(madang.conversations.get(), 'all', openId), openId, step, onlyUnread)
  if (next !== undefined) navigate(conversationPath(next))
}

/** The conversation before or after the open one, round the ends; only unread ones where that is asked. */
export function neighbour(list: readonly ConversationView[], openId: number | undefined, step: 1 | -1, onlyUnread: boolean): number | undefined {
  const at = list.findIndex((one) => one.id === openId)
  for (let steps = 1; steps <= list.length; steps += 1) {
    const start = at < 0 && step < 0 ? list.length : at
    const candidate = list[(((start + step * steps) % list.length) + list.length) % list.length]
    if (candidate && candidate.id !== openId && (!onlyUnread || candidate.unread > 0)) return candidate.id
  }
  return undefined
}

/** F6 goes round the panes: list, timeline, details. */
function movePane(step: 1 | -1): void {
  const panes = ['.side', '.pane', '.details'].flatMap((name) => {
    const pane = document.querySelector<HTMLElement>(`.app ${name}`)
    return pane && pane.offsetParent !== null ? [pane] : []
  })
  if (panes.length === 0) return
  const at = panes.findIndex((pane) => pane.contains(document.activeElement))
  const target = panes[(at + step + panes.length) % panes.length]
  if (target) focusInside(target)
}

function focusInside(pane: HTMLElement): void {
  const wanted = pane.querySelector<HTMLElement>('textarea, a.row[tabindex="0"], h1[tabindex]') ?? pane.querySelector<HTMLElement>('a[href], button, input')
  wanted?.focus()
}

/** To the search page, or to its field. */
function lookForMessages(): void {
  if ($route.get().page === 'search') document.querySelector<HTMLElement>('.search-page input')?.focus()
  else navigate('/search')
}

const isSlashOnMessage = (event: KeyboardEvent) =>
  event.key === '/' && !event.ctrlKey && !event.altKey && !event.metaKey && event.target instanceof HTMLElement && event.target.matches('article, article :not(input, textarea)')

const insideDetails = () => document.activeElement?.closest('.details') !== null

const modalOpen = () => document.querySelector('dialog[open]') !== null
