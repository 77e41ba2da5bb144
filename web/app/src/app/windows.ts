import { atom } from 'nanostores'

/** The dialogs of the shell; one at a time. */
export type WindowName = 'switcher' | 'people' | 'new' | 'open' | 'shortcuts' | 'read-all' | 'status'

export const $window = atom<WindowName | undefined>(undefined)

export const openWindow = (name: WindowName): void => $window.set(name)

export const closeWindow = (): void => $window.set(undefined)
