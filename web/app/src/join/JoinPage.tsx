import { useStore } from '@nanostores/react'
import { useEffect, useState } from 'react'
import { useMadang } from '../app/context.ts'
import { navigate } from '../app/router.ts'
import { conversationPath } from '../app/routes.ts'
import { Button, FieldError, PageTitle, PaneHead } from '../components/index.ts'
import { errorText } from '../i18n/errors.ts'
import { t } from '../i18n/index.ts'
import { Invitation, usePreview } from './Invitation.tsx'

/** Where a link into a group leads somebody who is signed in: what they join, and the button that joins. */
export default function JoinPage({ code }: { code: string }) {
  const madang = useMadang()
  const me = useStore(madang.me)
  const found = usePreview(code, me?.id)
  const [error, setError] = useState<string>()
  const [busy, setBusy] = useState(false)
  const belongsTo = found.preview?.conversation_id
  useEffect(() => {
    document.title = `${t('join.title')} · Madang`
  }, [])
  const join = async () => {
    if (belongsTo !== undefined) return navigate(conversationPath(belongsTo), { replace: true })
    setBusy(true)
    try {
      const joined = await madang.joinByInvite(code)
      navigate(conversationPath(joined.id), { replace: true })
    } catch (reason) {
      setError(errorText(reason))
      setBusy(false)
    }
  }
  return (
    <>
      <PaneHead backTo="/c">
        <PageTitle>{t('join.title')}</PageTitle>
      </PaneHead>
      <div className="pane-scroll join-page">
        <Invitation code={code} {...found} />
        {belongsTo !== undefined && <p className="small">{t('join.member')}</p>}
        {error && <FieldError>{error}</FieldError>}
        {found.preview && (
          <Button kind="main" busy={busy} onClick={() => void join()}>
            {belongsTo === undefined ? t('join.join') : t('join.open')}
          </Button>
        )}
        {(found.gone || found.error) && <Button onClick={() => navigate('/c', { replace: true })}>{t('join.back')}</Button>}
      </div>
    </>
  )
}
