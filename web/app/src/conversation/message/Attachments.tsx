import type { Message, StoredFile, Upload } from '@madang/client'
import { useStore } from '@nanostores/react'
import { Download, File as FileIcon, ImageOff, RotateCw, X } from 'lucide-react'
import { useState, type CSSProperties } from 'react'
import { useMadang } from '../../app/context.ts'
import { Icon, IconButton } from '../../components/index.ts'
import { byteSize, percent } from '../../i18n/format.ts'
import { t } from '../../i18n/index.ts'
import { sizeOf, useLocalPicture } from '../composer/localFiles.ts'
import { isPicture, isPictureType, nameParts, pictureBox, type Size } from '../logic/pictureBox.ts'
import { useMessageContext } from './context.ts'
import './files.css'

const IN_GRID = 4
const UNKNOWN: Size = { width: 240, height: 180 }

/** The files of a message: pictures first, then what plays, then cards. */
export function Attachments({ message, uploads = [] }: { message: Message; uploads?: readonly Upload[] }) {
  const pictures = message.attachments.filter(isPicture)
  const others = message.attachments.filter((file) => !isPicture(file))
  const coming = uploads.filter((upload) => !message.attachments.some((file) => file.id === upload.progress.get().stored?.id))
  const comingPictures = coming.filter((upload) => isPictureType(upload.file.type))
  const count = pictures.length + comingPictures.length
  return (
    <>
      {count > 0 && (
        <div className="pictures" data-count={Math.min(count, IN_GRID)}>
          {pictures.slice(0, IN_GRID).map((file, index) => (
            <Picture key={file.id} message={message} file={file} alone={count === 1} more={index === IN_GRID - 1 ? count - IN_GRID : 0} />
          ))}
          {comingPictures.slice(0, Math.max(0, IN_GRID - pictures.length)).map((upload) => (
            <ComingPicture key={upload.id} upload={upload} alone={count === 1} />
          ))}
        </div>
      )}
      {others.map((file) => (
        <OtherFile key={file.id} file={file} />
      ))}
      {coming.filter((upload) => !isPictureType(upload.file.type)).map((upload) => (
        <ComingFile key={upload.id} upload={upload} />
      ))}
    </>
  )
}

const boxStyle = (size: Size, alone: boolean, ground?: string): CSSProperties => {
  const box = pictureBox(size)
  return { ...(alone && { '--wide': `${box.width}px`, '--ratio': `${box.width} / ${box.height}` }), ...(ground && { '--blur': ground }) } as CSSProperties
}

function Picture({ message, file, alone, more }: { message: Message; file: StoredFile & Size; alone: boolean; more: number }) {
  const madang = useMadang()
  const { actions } = useMessageContext()
  const [state, setState] = useState<'loading' | 'loaded' | 'failed'>('loading')
  const [attempt, setAttempt] = useState(0)
  const label = file.alt ?? file.name
  const address = madang.fileUrl(file.media_type === 'image/gif' ? file.url : (file.thumbnail_url ?? file.url))
  if (state === 'failed') {
    return (
      <button type="button" className="picture" data-state="failed" style={boxStyle(file, alone)} aria-label={t('file.image_retry', { name: label })} onClick={() => { setAttempt(attempt + 1); setState('loading') }}>
        <Icon of={ImageOff} />
        <span className="small">{t('file.retry')}</span>
      </button>
    )
  }
  return (
    <button type="button" className="picture" data-state={state} style={boxStyle(file, alone, file.blur)} aria-label={t('file.image', { name: label })} onClick={() => actions.openPicture(message, file)}>
      <img key={attempt} src={address} alt="" loading="lazy" decoding="async" draggable={false} onLoad={() => setState('loaded')} onError={() => setState('failed')} />
      {more > 0 && <span className="more">+{more}</span>}
    </button>
  )
}

function ComingPicture({ upload, alone }: { upload: Upload; alone: boolean }) {
  const progress = useStore(upload.progress)
  const picture = useLocalPicture(upload.file)
  return (
    <div className="picture" data-state="loaded" style={boxStyle(sizeOf(upload.file) ?? UNKNOWN, alone)}>
      <img ref={picture} alt={upload.file.name} draggable={false} />
      <ProgressRing upload={upload} part={progress.part} state={progress.state} />
    </div>
  )
}

/** How far an upload is, and the way to stop it or begin again. */
export function ProgressRing({ upload, part, state }: { upload: Upload; part: number; state: 'uploading' | 'done' | 'failed' | 'cancelled' }) {
  if (state === 'done' || state === 'cancelled') return null
  const failed = state === 'failed'
  return (
    <button
      type="button"
      className="ring"
      data-state={state}
      style={{ '--part': `${Math.round(part * 100)}%` } as CSSProperties}
      aria-label={failed ? t('file.upload_retry', { name: upload.file.name }) : t('file.upload_cancel', { name: upload.file.name })}
      onClick={() => (failed ? upload.retry() : upload.cancel())}
    >
      <Icon of={failed ? RotateCw : X} size={16} />
    </button>
  )
}

function OtherFile({ file }: { file: StoredFile }) {
  const address = useMadang().fileUrl(file.url)
  if (/^audio\/(mpeg|ogg|wav|webm|mp4|aac|flac)/.test(file.media_type)) {
    return <audio className="audio" controls preload="metadata" src={address} aria-label={file.name} />
  }
  if (/^video\/(mp4|webm|ogg)/.test(file.media_type)) {
    const size = file.width && file.height ? { width: file.width, height: file.height } : { width: 320, height: 180 }
    return <video className="video" controls preload="metadata" src={address} aria-label={file.name} style={boxStyle(size, true)} />
  }
  const size = byteSize(file.size_bytes)
  return (
    <div className="file">
      <span className="kind">
        <Icon of={FileIcon} />
      </span>
      <span className="grow">
        <FileName name={file.name} />
        <span className="meta">{size}</span>
      </span>
      <a className="icon-button" href={address} download={file.name} aria-label={t('file.download', { name: file.name, size })} title={t('file.download_short')}>
        <Icon of={Download} />
      </a>
    </div>
  )
}

function ComingFile({ upload }: { upload: Upload }) {
  const { state, part } = useStore(upload.progress)
  return (
    <div className="file" data-state={state}>
      <span className="kind">
        <Icon of={FileIcon} />
      </span>
      <span className="grow">
        <FileName name={upload.file.name} />
        {state === 'failed' ? <span className="small failed">{t('file.upload_failed')}</span> : <span className="bar" style={{ '--part': percentOf(part) } as CSSProperties} />}
      </span>
      {state === 'failed' ? (
        <IconButton icon={RotateCw} label={t('file.upload_retry', { name: upload.file.name })} onClick={() => upload.retry()} />
      ) : (
        <span className="meta">{percent(part)}</span>
      )}
    </div>
  )
}

const percentOf = (part: number): string => `${Math.round(part * 100)}%`

/** A name cut in the middle: the ending stays. */
export function FileName({ name }: { name: string }) {
  const { stem, ending } = nameParts(name)
  return (
    <bdi className="file-name" title={name}>
      <span className="cut">{stem}</span>
      <span>{ending}</span>
    </bdi>
  )
}
