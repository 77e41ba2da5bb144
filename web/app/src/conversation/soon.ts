import { coming, soon } from '../app/soon.tsx'

const hands = () => import('./hands.ts')

export const Confirm = soon(coming(() => hands().then((file) => file.Confirm)))
export const Chips = soon(coming(() => hands().then((file) => file.Chips)))
export const DropFrame = soon(coming(() => hands().then((file) => file.DropFrame)))
export const Strip = soon(coming(() => hands().then((file) => file.Strip)))
export const Suggestions = soon(coming(() => hands().then((file) => file.Suggestions)))
export const Toolbar = soon(coming(() => hands().then((file) => file.Toolbar)))
