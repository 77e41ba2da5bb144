import { atom, onMount } from 'nanostores'

/** What a person chose on this device. Kept in the browser and shared between its tabs; `public/before-paint.js` reads it too. */
export interface Preferences {
  theme: 'light' | 'dark' | 'system'
  /** 0 to 4; 2 is the browser's own size. */
  textSize: number
  density: 'comfortable' | 'compact'
  enterSends: boolean
  /** Empty follows the browser. */
  language: string
  sound: boolean
  notices: boolean
  previews: boolean
  sideWidth: number
  /** Whether the details pane stands open beside the timeline where there is room. */
  details: boolean
}

export const textSizes = [87.5, 93.75, 100, 112.5, 125] as const

const key = 'madang.preferences'
const defaults: Preferences = {
  theme: 'system',
  textSize: 2,
  density: 'comfortable',
  enterSends: true,
  language: '',
  sound: true,
  notices: false,
  previews: true,
  sideWidth: 288,
  details: false,
}

export const $preferences = atom<Preferences>(load())

export function setPreference<Name extends keyof Preferences>(name: Name, value: Preferences[Name]): void {
  const next = { ...$preferences.get(), [name]: value }
  $preferences.set(next)
  try {
    localStorage.setItem(key, JSON.stringify(next))
  } catch {
    // Private windows may refuse storage: the choice then lives as long as the tab.
  }
}

onMount($preferences, () => {
  const changed = (event: StorageEvent) => {
    if (event.key === key) $preferences.set(load())
  }
  addEventListener('storage', changed)
  return () => removeEventListener('storage', changed)
})

function load(): Preferences {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '{}')
    return { ...defaults, ...(kept as Partial<Preferences>) }
  } catch {
    return { ...defaults }
  }
}
