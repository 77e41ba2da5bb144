import type { Upload } from '@madang/client'
import { useStore } from '@nanostores/react'
import { File as FileIcon, RotateCw, X } from 'lucide-react'
import type { CSSProperties } from 'react'
import { Icon, IconButton } from '../../components/index.ts'
import { errorText } from '../../i18n/errors.ts'
import { percent } from '../../i18n/format.ts'
import { t } from '../../i18n/index.ts'
import { sizeOf, useLocalPicture } from '../composer/localFiles.ts'
import { isPictureType } from '../logic/pictureBox.ts'
import { boxStyle, FileName, UNKNOWN } from './Attachments.tsx'

/** A file that is on its way, as it will stand there. */
export default function Coming({ upload, alone }: { upload: Upload; alone: boolean }) {
  return isPictureType(upload.file.type) ? <ComingPicture upload={upload} alone={alone} /> : <ComingFile upload={upload} />
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
function ProgressRing({ upload, part, state }: { upload: Upload; part: number; state: 'uploading' | 'done' | 'failed' | 'cancelled' }) {
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

function ComingFile({ upload }: { upload: Upload }) {
  const { state, part, error } = useStore(upload.progress)
  return (
    <div className="file" data-state={state}>
      <span className="kind">
        <Icon of={FileIcon} />
      </span>
      <span className="grow">
        <FileName name={upload.file.name} />
        {state === 'failed' ? <span className="small failed">{error ? errorText(error) : t('file.upload_failed')}</span> : <span className="bar" style={{ '--part': percentOf(part) } as CSSProperties} />}
      </span>
      {state === 'failed' ? (
        <IconButton icon={RotateCw} label={t('file.upload_retry', { name: upload.file.name })} onClick={() => upload.retry()} />
      ) : (
        <>
          <span className="meta">{percent(part)}</span>
          {state === 'uploading' && <IconButton icon={X} iconSize={16} label={t('file.upload_cancel', { name: upload.file.name })} onClick={() => upload.cancel()} />}
        </>
      )}
    </div>
  )
}

const percentOf = (part: number): string => `${Math.round(part * 100)}%`
