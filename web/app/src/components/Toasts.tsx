import { useStore } from '@nanostores/react'
import { atom } from 'nanostores'
import { announce } from '../app/announcer.tsx'
import { coming, soon } from '../app/soon.tsx'

const ToastStack = soon(coming(() => import('./ToastStack.tsx').then((file) => file.ToastStack)))

export interface Toast {
  text: string
  kind?: 'ok' | 'info'
  action?: { label: string; run: () => void }
}

const $toasts = atom<(Toast & { id: number })[]>([])
let lastId = 0

/** Says in passing that something was done. Errors that need a decision stay in place and are never toasts. */
export function toast(one: Toast): void {
  lastId += 1
  $toasts.set([...$toasts.get(), { ...one, id: lastId }].slice(-3))
  announce(one.text)
}

const dismiss = (id: number) => $toasts.set($toasts.get().filter((one) => one.id !== id))

export function Toasts() {
  const toasts = useStore($toasts)
  return toasts.length > 0 && <ToastStack toasts={toasts} onClose={dismiss} />
}
