import { coming, soon } from '../app/soon.tsx'
import { toast } from '../components/index.ts'
import { errorText } from '../i18n/errors.ts'
import type { Copied } from './copyText.ts'

const hands = () => import('./hands.ts')

export const Confirm = soon(coming(() => hands().then((file) => file.Confirm)))
export const Chips = soon(coming(() => hands().then((file) => file.Chips)))
export const DropFrame = soon(coming(() => hands().then((file) => file.DropFrame)))
export const Strip = soon(coming(() => hands().then((file) => file.Strip)))
export const Suggestions = soon(coming(() => hands().then((file) => file.Suggestions)))
export const Toolbar = soon(coming(() => hands().then((file) => file.Toolbar)))

const copier = coming(() => hands().then((file) => file.copyText))

/** Copies `text`, and says so in passing. At once if it can: browsers copy only while the press that asks for it lasts. */
export function copyText(text: string, what: Copied): void {
  if (copier.here) void copier.here(text, what)
  else copier.come().then((copy) => copy(text, what)).catch((reason: unknown) => toast({ text: errorText(reason), kind: 'info' }))
}
