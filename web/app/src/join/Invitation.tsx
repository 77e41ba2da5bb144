import { MadangError, type InvitePreview } from '@madang/client'
import { useEffect, useState } from 'react'
import { useMadang } from '../app/context.ts'
import { Avatar, FieldError } from '../components/index.ts'
import { errorText } from '../i18n/errors.ts'
import { t } from '../i18n/index.ts'
import '../i18n/later.ts'
import './join.css'

/** What a link leads to; asked once, and again for somebody else. */
export function usePreview(code: string, who: number | undefined) {
  const madang = useMadang()
  const [preview, setPreview] = useState<InvitePreview>()
  const [gone, setGone] = useState(false)
  const [error, setError] = useState<string>()
  useEffect(() => {
    let here = true
    madang.previewInvite(code).then(
      (found) => here && setPreview(found),
      (reason: unknown) => {
        if (!here) return
        if (reason instanceof MadangError && reason.code === 'not_found') setGone(true)
        else if (reason instanceof MadangError && reason.code === 'forbidden') setError(t('join.removed'))
        else setError(errorText(reason))
      },
    )
    return () => {
      here = false
    }
  }, [madang, code, who])
  return { preview, gone, error }
}

/** What one joins, before one joins: picture, name, topic, how many, and who invites. */
export function Invitation({ code, preview, gone, error }: { code: string } & ReturnType<typeof usePreview>) {
  const madang = useMadang()
  if (gone) return <p className="invitation-gone">{t('join.gone')}</p>
  if (error) return <FieldError>{error}</FieldError>
  if (!preview) return <div className="invitation" aria-busy="true" />
  const picture = preview.has_picture ? madang.fileUrl(`/api/v1/join/${encodeURIComponent(code)}/picture`) : undefined
  return (
    <div className="invitation">
      <Avatar id={0} name={preview.title} kind="group" size={72} pictureUrl={picture} />
      <p className="small">{t('join.by', { name: preview.invited_by })}</p>
      <p className="group-name">
        <bdi>{preview.title}</bdi>
      </p>
      {preview.description && <p className="quiet">{preview.description}</p>}
      <p className="small">{t('details.member_count', { count: preview.member_count })}</p>
    </div>
  )
}

/** The same above the form of somebody who is not signed in yet. */
export default function InvitationCard({ code }: { code: string }) {
  const found = usePreview(code, undefined)
  return (
    <section className="invitation-card" aria-label={t('join.title')}>
      <Invitation code={code} {...found} />
      {found.preview && <p className="small">{t('join.sign_in')}</p>}
    </section>
  )
}
