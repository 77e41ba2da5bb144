import { atom } from 'nanostores'

/** The modal dialogs that are open, the uppermost last: what stands outside of that one cannot be pressed. */
export const $modals = atom<readonly HTMLDialogElement[]>([])
