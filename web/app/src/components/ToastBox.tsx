import { Check, Info, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { t } from '../i18n/index.ts'
import { IconButton, TextButton } from './Button.tsx'
import { Icon } from './Icon.tsx'
import type { Toast } from './Toasts.tsx'
import '../i18n/later.ts'

/** One sentence in passing; it stays for as long as somebody is at it. */
export function ToastBox({ toast: one, onClose }: { toast: Toast; onClose: () => void }) {
  const [held, setHeld] = useState(false)
  const element = useRef<HTMLDivElement>(null)
  const close = useRef(onClose)
  useEffect(() => {
    close.current = onClose
  })
  useEffect(() => {
    if (held) return
    const timer = setTimeout(() => close.current(), one.action ? 8000 : 5000)
    return () => clearTimeout(timer)
  }, [held, one.action])
  useEffect(() => {
    const all = element.current?.closest<HTMLElement>('[popover]')
    // What came last into the top layer stands above dialogs and their veil.
    const rise = () => {
      all?.hidePopover()
      all?.showPopover()
    }
    const follow = ({ target }: Event) => target instanceof HTMLDialogElement && rise()
    rise()
    document.addEventListener('toggle', follow, { capture: true })
    return () => document.removeEventListener('toggle', follow, { capture: true })
  }, [])
  const hold = { onPointerEnter: () => setHeld(true), onPointerLeave: () => setHeld(false), onFocus: () => setHeld(true), onBlur: () => setHeld(false) }
  return (
    <div className="toast" ref={element} {...hold}>
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
