import type { Upload } from '@madang/client'
import { useStore } from '@nanostores/react'
import { File as FileIcon, RotateCw, X } from 'lucide-react'
import { useEffect, useRef, type CSSProperties } from 'react'
import { announce } from '../../app/announcer.tsx'
import { Icon, IconButton } from '../../components/index.ts'
import { percent } from '../../i18n/format.ts'
import { errorText } from '../../i18n/errors.ts'
import { t } from '../../i18n/index.ts'
import { isPictureType } from '../logic/pictureBox.ts'
import { FileName } from '../message/Attachments.tsx'
import { detach } from './attachments.ts'
import { useLocalPicture } from './localFiles.ts'

/** The files that go with the next message: how far each is, and how to take it away. */
export default function Chips({ conversationId, uploads }: { conversationId: number; uploads: readonly Upload[] }) {
  return (
    <ul className="attachments" aria-label={t('composer.attached')}>
      {uploads.map((upload) => (
        <li key={upload.id}>
          <Chip conversationId={conversationId} upload={upload} />
        </li>
      ))}
    </ul>
  )
}

function Chip({ conversationId, upload }: { conversationId: number; upload: Upload }) {
  const { state, part, error } = useStore(upload.progress)
  const { file } = upload
  const remove = () => detach(conversationId, upload)
  useSpokenProgress(file.name, state, part)
  if (isPictureType(file.type)) return <PictureChip upload={upload} state={state} part={part} onRemove={remove} />
  return (
    <div className="attachment" data-kind="file" data-state={state} title={error && errorText(error)}>
      <Icon of={FileIcon} />
      <span className="grow">
        <FileName name={file.name} />
        {state === 'failed' ? <span className="meta failed cut">{error ? errorText(error) : t('file.upload_failed')}</span> : <span className="bar" style={{ '--part': `${Math.round(part * 100)}%` } as CSSProperties} />}
      </span>
      {state === 'uploading' && <span className="meta">{percent(part)}</span>}
      {state === 'failed' && <IconButton icon={RotateCw} iconSize={16} label={t('file.upload_retry', { name: file.name })} onClick={() => upload.retry()} />}
      <IconButton icon={X} iconSize={16} label={state === 'done' ? t('file.remove', { name: file.name }) : t('file.upload_cancel', { name: file.name })} onClick={remove} />
    </div>
  )
}

function PictureChip({ upload, state, part, onRemove }: { upload: Upload; state: string; part: number; onRemove: () => void }) {
  const picture = useLocalPicture(upload.file)
  const failed = state === 'failed'
  const { name } = upload.file
  return (
    <div className="attachment" data-kind="image" data-state={state}>
      <img ref={picture} alt={name} draggable={false} />
      {failed ? (
        <button type="button" className="ring" data-state="failed" aria-label={t('file.upload_retry', { name })} onClick={() => upload.retry()}>
          <Icon of={RotateCw} size={14} />
        </button>
      ) : (
        <button type="button" className="ring" data-state={state} style={{ '--part': `${Math.round(part * 100)}%` } as CSSProperties} aria-label={state === 'done' ? t('file.remove', { name }) : t('file.upload_cancel', { name })} onClick={onRemove}>
          <Icon of={X} size={14} />
        </button>
      )}
    </div>
  )
}

/** Says every quarter of an upload, and its end. */
function useSpokenProgress(name: string, state: string, part: number): void {
  const quarter = Math.floor(part * 4)
  const said = useRef(0)
  useEffect(() => {
    if (state === 'done' && said.current < 5) {
      said.current = 5
      announce(t('file.uploaded', { name }))
    } else if (state === 'uploading' && quarter > said.current && quarter < 4) {
      said.current = quarter
      announce(t('file.uploading', { name, percent: percent(quarter / 4) }))
    }
  }, [name, state, quarter])
}
