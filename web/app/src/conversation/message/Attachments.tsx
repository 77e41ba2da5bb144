import type { Message, StoredFile, Upload } from '@madang/client'
import { ImageOff } from 'lucide-react'
import { lazy, Suspense, useState, type CSSProperties } from 'react'
import { useMadang } from '../../app/context.ts'
import { Icon } from '../../components/index.ts'
import { t } from '../../i18n/index.ts'
import { sizeOf } from '../composer/localFiles.ts'
import { groundOf, isPicture, isPictureType, nameParts, pictureBox, type Size } from '../logic/pictureBox.ts'
import { useMessageContext } from './context.ts'
import './files.css'

const Coming = lazy(() => import('./Coming.tsx'))
const OtherFile = lazy(() => import('./OtherFile.tsx'))

const IN_GRID = 4
export const UNKNOWN: Size = { width: 240, height: 180 }

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
            <Suspense key={upload.id} fallback={<div className="picture" style={boxStyle(sizeOf(upload.file) ?? UNKNOWN, count === 1)} />}>
              <Coming upload={upload} alone={count === 1} />
            </Suspense>
          ))}
        </div>
      )}
      {others.map((file) => (
        <Suspense key={file.id} fallback={<Reserved file={file} />}>
          <OtherFile file={file} />
        </Suspense>
      ))}
      {coming.filter((upload) => !isPictureType(upload.file.type)).map((upload) => (
        <Suspense key={upload.id} fallback={<div className="file" />}>
          <Coming upload={upload} alone />
        </Suspense>
      ))}
    </>
  )
}

/** The room that a file takes before its code is here. */
function Reserved({ file }: { file: StoredFile }) {
  const [kind] = file.media_type.split('/')
  if (kind === 'video') return <div className="video" style={boxStyle(filmSize(file), true)} />
  return <div className={kind === 'audio' ? 'audio' : 'file'} />
}

export const filmSize = ({ width, height }: StoredFile): Size => (width && height ? { width, height } : { width: 320, height: 180 })

export const boxStyle = (size: Size, alone: boolean, ground?: string): CSSProperties => {
  const box = pictureBox(size)
  return { ...(alone && { '--wide': `${box.width}px`, '--ratio': `${box.width} / ${box.height}` }), ...(ground && { '--blur': groundOf(ground) }) } as CSSProperties
}

/** A moving picture stands still for who has asked for that; it moves when it is opened. */
const isCalm = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches

function Picture({ message, file, alone, more }: { message: Message; file: StoredFile & Size; alone: boolean; more: number }) {
  const madang = useMadang()
  const { actions } = useMessageContext()
  const [state, setState] = useState<'loading' | 'loaded' | 'failed'>('loading')
  const [attempt, setAttempt] = useState(0)
  const label = file.alt ?? file.name
  const address = madang.fileUrl(file.media_type === 'image/gif' && !isCalm() ? file.url : (file.thumbnail_url ?? file.url))
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
