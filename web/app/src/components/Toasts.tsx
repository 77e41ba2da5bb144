import { useStore } from '@nanostores/react'
import { Check, Info, X } from 'lucide-react'
import { atom } from 'nanostores'
import { useEffect, useRef, useState } from 'react'
import { announce } from '../app/announcer.tsx'
import { t } from '../i18n/index.ts'
import { IconButton, TextButton } from './Button.tsx'
import { Icon } from './Icon.tsx'

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
  return (
    <div className="toasts">
      {toasts.map((one) => (
        <ToastBox key={one.id} toast={one} onClose={() => dismiss(one.id)} />
      ))}
    </div>
  )
}

function ToastBox({ toast: one, onClose }: { toast: Toast; onClose: () => void }) {
  const [held, setHeld] = useState(false)
  const close = useRef(onClose)
  useEffect(() => {
    close.current = onClose
  })
  useEffect(() => {
    if (held) return
    const timer = setTimeout(() => close.current(), one.action ? 8000 : 5000)
    return () => clearTimeout(timer)
  }, [held, one.action])
  const hold = { onPointerEnter: () => setHeld(true), onPointerLeave: () => setHeld(false), onFocus: () => setHeld(true), onBlur: () => setHeld(false) }
  return (
    <div className="toast" {...hold}>
      <Icon of={one.kind === 'info' ? Info : Check} kind={one.kind ?? 'ok'} />
      <span className="grow">{one.text}</span>
      {one.action && (
        <TextButton
          onClick={() => {
            one.action?.run()
            onClose()
          }}
        >
          {one.action.label}
        </TextButton>
      )}
      <IconButton icon={X} iconSize={16} label={t('dialog.close')} onClick={onClose} />
    </div>
  )
}
