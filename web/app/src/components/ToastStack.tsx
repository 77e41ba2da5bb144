import { useStore } from '@nanostores/react'
import { Check, Info, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { createPortal } from 'react-dom'
import { t } from '../i18n/index.ts'
import { IconButton, TextButton } from './Button.tsx'
import { Icon } from './Icon.tsx'
import { $modals } from './modals.ts'
import type { Toast } from './Toasts.tsx'
import '../i18n/later.ts'

interface Shown {
  toasts: (Toast & { id: number })[]
  onClose: (id: number) => void
}

/** Sentences in passing, above everything; they belong to the uppermost dialog, so that they can be pressed while it is open. */
export function ToastStack(shown: Shown) {
  return createPortal(<Stack {...shown} />, useStore($modals).at(-1) ?? document.body)
}

function Stack({ toasts, onClose }: Shown) {
  const element = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // A dialog that closes in this moment takes it along, and it comes again elsewhere.
    if (element.current?.isConnected) element.current.showPopover()
  }, [])
  return (
    <div className="toasts" popover="manual" ref={element}>
      {toasts.map((one) => (
        <ToastBox key={one.id} toast={one} onClose={() => onClose(one.id)} />
      ))}
    </div>
  )
}

/** One sentence; it stays for as long as somebody is at it. */
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
