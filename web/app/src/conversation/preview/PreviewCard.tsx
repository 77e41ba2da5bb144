import type { Preview } from '@madang/client'
import { useMadang } from '../../app/context.ts'
import { languageOf } from '../../i18n/names.ts'
import { groundOf } from '../logic/pictureBox.ts'
import './preview.css'

/** What the page behind a message's link is; its picture is the server's own copy. Always as high as its room. */
export default function PreviewCard({ preview }: { preview: Preview }) {
  const madang = useMadang()
  const { url, title, description, site_name, image } = preview
  const words = description ?? ''
  return (
    <a className="link-card" href={safe(url)} target="_blank" rel="noopener noreferrer">
      <span className="link-card-words">
        <span className="link-card-site cut">
          <bdi>{site_name ?? new URL(url).host}</bdi>
        </span>
        <span className="link-card-title" data-lines={words ? 1 : 2} lang={languageOf(title)} dir="auto">
          {title}
        </span>
        {words && (
          <span className="link-card-said cut" lang={languageOf(words)} dir="auto">
            {words}
          </span>
        )}
      </span>
      {image?.thumbnail_url && <img src={madang.fileUrl(image.thumbnail_url)} alt="" width={72} height={72} loading="lazy" decoding="async" style={image.blur ? { background: groundOf(image.blur) } : undefined} />}
    </a>
  )
}

const safe = (url: string): string | undefined => (/^https?:/i.test(url) ? url : undefined)
