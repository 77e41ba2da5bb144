import { MadangError, type InvitePreview } from '@madang/client'
import { useEffect, useState } from 'react'
import { useMadang } from '../app/context.ts'
import { Avatar, FieldError } from '../components/index.ts'
import { errorText } from '../i18n/errors.ts'
import { t } from '../i18n/index.ts'
import '../i18n/later.ts'
import './join.css'

interface Found {
  preview?: InvitePreview
  gone?: boolean
  error?: string
}

/** What a link leads to; asked once, and again for somebody else. */
export function usePreview(code: string, who: number | undefined): Found {
  const madang = useMadang()
  const [answer, setAnswer] = useState<{ code: string; found: Found }>()
  useEffect(() => {
    let here = true
    const show = (found: Found) => {
      if (here) setAnswer({ code, found })
    }
    madang.previewInvite(code).then(
      (preview) => show({ preview }),
      (reason: unknown) => {
        if (reason instanceof MadangError && reason.code === 'not_found') show({ gone: true })
        else if (reason instanceof MadangError && reason.code === 'forbidden') show({ error: t('join.removed') })
        else show({ error: errorText(reason) })
      },
    )
    return () => {
      here = false
    }
  }, [madang, code, who])
  // What was found behind another link says nothing of this one.
  return answer?.code === code ? answer.found : {}
}

/** What one joins, before one joins: picture, name, topic, how many, and who invites. */
export function Invitation({ code, preview, gone, error }: { code: string } & Found) {
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
