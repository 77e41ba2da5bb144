import type { Message, StoredFile } from '@madang/client'
import { useStore } from '@nanostores/react'
import { ChevronLeft, ChevronRight, Download, Minus, Plus, X } from 'lucide-react'
import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { useMadang } from '../../app/context.ts'
import { AccountAvatar, Icon, IconButton, useModal } from '../../components/index.ts'
import { clockTime, dayLabel, percent } from '../../i18n/format.ts'
import { t } from '../../i18n/index.ts'
import '../../i18n/later.ts'
import { groundOf, isPicture } from '../logic/pictureBox.ts'
import { $lightbox, closeLightbox } from './open.ts'
import './lightbox.css'

interface Shown {
  file: StoredFile
  message: Message
}

const ZOOM = [1, 1.5, 2, 3, 4] as const
const SWIPE_PX = 90

/** One picture large, the others of the conversation beside it. Esc closes, arrows move, + - 0 zoom, D downloads. */
export default function Lightbox() {
  const madang = useMadang()
  const open = useStore($lightbox)
  const element = useModal(closeLightbox)
  const timeline = useStore(madang.timelineOf(open?.conversationId ?? 0))
  const [step, setStep] = useState(0)
  const [shift, setShift] = useState({ x: 0, y: 0 })
  const author = useStore(madang.accountOf(open?.message.sender_id ?? 0))
  const drag = useRef<{ x: number; y: number; from: { x: number; y: number } }>(undefined)
  const stage = useRef<HTMLElement>(null)
  useEffect(() => stage.current?.focus(), [])
  if (!open) return null

  const pictures: Shown[] = timeline.items.flatMap((item) => (item.kind === 'message' ? item.message.attachments.filter(isPicture).map((file) => ({ file, message: item.message })) : []))
  const found = pictures.findIndex((one) => one.file.id === open.fileId)
  const at = Math.max(0, found)
  const shown = pictures[at] ?? { file: open.message.attachments.find((file) => file.id === open.fileId), message: open.message }
  const { file, message } = shown
  if (!file) return null
  const address = madang.fileUrl(file.url)
  const zoom = ZOOM[step] ?? 1
  const go = (to: number) => {
    const next = pictures[to]
    if (!next) return
    setStep(0)
    setShift({ x: 0, y: 0 })
    $lightbox.set({ conversationId: open.conversationId, seq: next.message.seq, fileId: next.file.id, message: next.message })
  }
  const zoomTo = (next: number) => {
    setStep(Math.min(ZOOM.length - 1, Math.max(0, next)))
    if (next <= 0) setShift({ x: 0, y: 0 })
  }
  const keyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'ArrowLeft') go(at - 1)
    else if (event.key === 'ArrowRight') go(at + 1)
    else if (event.key === '+' || event.key === '=') zoomTo(step + 1)
    else if (event.key === '-') zoomTo(step - 1)
    else if (event.key === '0') zoomTo(0)
    else if (event.code === 'KeyD') element.current?.querySelector<HTMLAnchorElement>('a[download]')?.click()
    else return
    event.preventDefault()
  }
  const press = (event: PointerEvent) => {
    drag.current = { x: event.clientX, y: event.clientY, from: shift }
    event.currentTarget.setPointerCapture(event.pointerId)
  }
  const pull = (event: PointerEvent) => {
    if (drag.current && step > 0) setShift({ x: drag.current.from.x + event.clientX - drag.current.x, y: drag.current.from.y + event.clientY - drag.current.y })
  }
  const release = (event: PointerEvent) => {
    const start = drag.current
    drag.current = undefined
    if (!start || step > 0) return
    const [across, down] = [event.clientX - start.x, event.clientY - start.y]
    if (down > SWIPE_PX && Math.abs(down) > Math.abs(across)) closeLightbox()
    else if (Math.abs(across) > SWIPE_PX) go(at + (across < 0 ? 1 : -1))
  }
  return (
    <dialog ref={element} className="lightbox" aria-label={t('lightbox.label', { name: file.name, number: at + 1, count: pictures.length })} onKeyDown={keyDown}>
      <header>
        <IconButton icon={X} label={t('dialog.close')} keys="Esc" onClick={closeLightbox} />
        <span className="mid">
          <bdi className="strong cut">{file.alt ?? file.name}</bdi>
          {pictures.length > 1 && <span className="dim">{t('lightbox.count', { number: at + 1, count: pictures.length })}</span>}
        </span>
        <a className="icon-button" href={address} download={file.name} aria-label={t('file.download_short')} title={`${t('file.download_short')} (D)`}>
          <Icon of={Download} />
        </a>
      </header>
      <button type="button" className="turn" disabled={at === 0} aria-label={t('lightbox.previous')} onClick={() => go(at - 1)}>
        <Icon of={ChevronLeft} />
      </button>
      <figure ref={stage} tabIndex={-1} data-zoomed={step > 0 ? '' : undefined} onPointerDown={press} onPointerMove={pull} onPointerUp={release} onPointerCancel={() => (drag.current = undefined)} onDoubleClick={() => zoomTo(step > 0 ? 0 : 2)}>
        <img key={file.id} src={address} alt={file.alt ?? file.name} draggable={false} style={{ transform: `translate(${shift.x}px, ${shift.y}px) scale(${zoom})`, ...(file.blur && { background: groundOf(file.blur) }) }} width={file.width} height={file.height} />
      </figure>
      <button type="button" className="turn" disabled={at >= pictures.length - 1} aria-label={t('lightbox.next')} onClick={() => go(at + 1)}>
        <Icon of={ChevronRight} />
      </button>
      <footer>
        <span className="from">
          {author && <AccountAvatar account={author} size={32} />}
          <span>
            <bdi className="strong stacked">{author?.display_name}</bdi>
            <span className="dim">
              {dayLabel(message.sent_at)}, {clockTime(message.sent_at)}
            </span>
          </span>
        </span>
        <ul>
          {neighbours(pictures, at).map(({ index, one }) => (
            <li key={one.file.id}>
              <button type="button" aria-current={index === at} aria-label={one.file.alt ?? one.file.name} onClick={() => go(index)}>
                <img src={madang.fileUrl(one.file.thumbnail_url ?? one.file.url)} alt="" draggable={false} />
              </button>
            </li>
          ))}
        </ul>
        <span className="zoom">
          <IconButton icon={Minus} label={t('lightbox.smaller')} keys="-" disabled={step === 0} onClick={() => zoomTo(step - 1)} />
          <span>{percent(zoom)}</span>
          <IconButton icon={Plus} label={t('lightbox.larger')} keys="+" disabled={step === ZOOM.length - 1} onClick={() => zoomTo(step + 1)} />
        </span>
      </footer>
    </dialog>
  )
}

const STRIP = 5

/** Up to five pictures around the one that is shown. */
function neighbours(pictures: readonly Shown[], at: number): { index: number; one: Shown }[] {
  const start = Math.max(0, Math.min(at - Math.floor(STRIP / 2), pictures.length - STRIP))
  return pictures.length < 2 ? [] : pictures.slice(start, start + STRIP).map((one, offset) => ({ index: start + offset, one }))
}
