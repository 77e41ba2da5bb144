import { X } from 'lucide-react'
import { useEffect, useId, useRef, type ReactNode } from 'react'
import { openLayer } from '../app/router.ts'
import { t } from '../i18n/index.ts'
import { Button, IconButton } from './Button.tsx'
import { $modals } from './modals.ts'
import '../i18n/later.ts'

export interface DialogProps {
  title: string
  onClose: () => void
  children: ReactNode
  /** At the inline end, the one that acts last. */
  buttons?: ReactNode
  /** 'top' stands near the upper edge, for lists that grow. */
  place?: 'centre' | 'top'
  /** No heading, no close button: the title is only read aloud. */
  bare?: boolean
  /** Must be answered: Esc, Back and a click beside it do nothing. */
  firm?: boolean
  width?: number
}

/** A native modal dialog. Closes by Esc, Back and a click beside it; focus returns to its opener. */
export function Dialog({ title, onClose, children, buttons, place = 'centre', bare, firm, width }: DialogProps) {
  const element = useModal(onClose, firm)
  const heading = useId()
  return (
    <dialog
      ref={element}
      className="dialog"
      data-place={place}
      data-bare={bare ? '' : undefined}
      aria-labelledby={bare ? undefined : heading}
      aria-label={bare ? title : undefined}
      style={width ? { width } : undefined}
      onClick={(event) => {
        if (event.target === event.currentTarget && !firm) onClose()
      }}
    >
      <div className="dialog-body">
        {!bare && (
          <header className="dialog-head">
            <h2 id={heading}>{title}</h2>
            {!firm && <IconButton icon={X} label={t('dialog.close')} onClick={onClose} />}
          </header>
        )}
        {children}
        {buttons && <footer className="buttons">{buttons}</footer>}
      </div>
    </dialog>
  )
}

/** A question with two answers. What destroys is red, and Cancel has the focus. */
export function Confirm({ title, text, confirm, danger, onConfirm, onClose }: { title: string; text?: ReactNode; confirm: string; danger?: boolean; onConfirm: () => void; onClose: () => void }) {
  return (
    <Dialog
      title={title}
      onClose={onClose}
      width={400}
      buttons={
        <>
          <Button onClick={onClose} data-first-focus={danger ? '' : undefined}>
            {t('dialog.cancel')}
          </Button>
          <Button
            kind={danger ? 'danger' : undefined}
            data-first-focus={danger ? undefined : ''}
            onClick={() => {
              onConfirm()
              onClose()
            }}
          >
            {confirm}
          </Button>
        </>
      }
    >
      {text && <p className="quiet">{text}</p>}
    </Dialog>
  )
}

/** A modal at the foot of a phone; closes by swiping down as well. */
export function Sheet({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const element = useModal(onClose)
  const start = useRef<number>(undefined)
  return (
    <dialog
      ref={element}
      className="sheet"
      aria-label={title}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose()
      }}
      onTouchStart={(event) => {
        start.current = event.touches[0]?.clientY
      }}
      onTouchEnd={(event) => {
        const end = event.changedTouches[0]?.clientY
        if (start.current !== undefined && end !== undefined && end - start.current > 80) onClose()
      }}
    >
      <div className="sheet-body">
        <span className="sheet-grip" />
        {children}
      </div>
    </dialog>
  )
}

/** Opens a <dialog> for as long as its component is mounted, with a history entry so that Back closes it. */
export function useModal(onClose: () => void, firm = false) {
  const element = useRef<HTMLDialogElement>(null)
  const close = useRef(onClose)
  useEffect(() => {
    close.current = onClose
  })
  useEffect(() => {
    const dialog = element.current
    if (!dialog) return
    const opener = document.activeElement
    dialog.showModal()
    $modals.set([...$modals.get(), dialog])
    const first = dialog.querySelector<HTMLElement>('[data-first-focus]') ?? dialog.querySelector<HTMLElement>('input:not([hidden]), textarea')
    first?.focus({ preventScroll: true })
    // The browser's own light dismissal would close without us knowing.
    const cancelled = (event: Event) => {
      event.preventDefault()
      if (!firm) close.current()
    }
    const composing = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && (event.isComposing || firm)) event.preventDefault()
    }
    dialog.addEventListener('cancel', cancelled)
    dialog.addEventListener('keydown', composing)
    const leave = firm ? () => undefined : openLayer(() => close.current())
    return () => {
      dialog.removeEventListener('cancel', cancelled)
      dialog.removeEventListener('keydown', composing)
      dialog.close()
      $modals.set($modals.get().filter((other) => other !== dialog))
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true })
      leave()
    }
  }, [firm])
  return element
}
