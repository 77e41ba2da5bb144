import type { StoredFile } from '@madang/client'
import { Download, File as FileIcon, FileText } from 'lucide-react'
import { useMadang } from '../../app/context.ts'
import { Icon } from '../../components/index.ts'
import { byteSize } from '../../i18n/format.ts'
import { t } from '../../i18n/index.ts'
import { boxStyle, FileName, filmSize } from './Attachments.tsx'
import AudioCard from './AudioCard.tsx'

const PDF = 'application/pdf'

/** A file that is no picture: sound and film where they are, a PDF in the browser's own viewer, a card for all else. */
export default function OtherFile({ file }: { file: StoredFile }) {
  const address = useMadang().fileUrl(file.url)
  if (/^audio\/(mpeg|ogg|wav|webm|mp4|aac|flac)/.test(file.media_type)) {
    return <AudioCard file={file} />
  }
  if (/^video\/(mp4|webm|ogg)/.test(file.media_type)) {
    // Browsers that draw nothing of a film before it is played draw the place that its address names.
    return <video className="video" controls playsInline preload="metadata" src={`${address}#t=0.001`} aria-label={file.name} style={boxStyle(filmSize(file), true)} />
  }
  const size = byteSize(file.size_bytes)
  const said = (
    <>
      <span className="kind">
        <Icon of={file.media_type === PDF ? FileText : FileIcon} />
      </span>
      <span className="grow">
        <FileName name={file.name} />
        <span className="meta">{size}</span>
      </span>
    </>
  )
  return (
    <div className="file">
      {file.media_type === PDF ? (
        // The browser's own viewer shows it, in a tab that knows nothing of this page.
        <a className="open" href={address} target="_blank" rel="noopener noreferrer" aria-label={t('file.open', { name: file.name, size })}>
          {said}
        </a>
      ) : (
        said
      )}
      <a className="icon-button" href={address} download={file.name} aria-label={t('file.download', { name: file.name, size })} title={t('file.download_short')}>
        <Icon of={Download} />
      </a>
    </div>
  )
}
