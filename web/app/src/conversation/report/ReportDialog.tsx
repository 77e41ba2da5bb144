import type { Message } from '@madang/client'
import { useId, useState, type FormEvent } from 'react'
import { useMadang } from '../../app/context.ts'
import { Button, Dialog, FieldError, toast } from '../../components/index.ts'
import { errorText } from '../../i18n/errors.ts'
import { t } from '../../i18n/index.ts'
import '../../i18n/later.ts'
import './report.css'

const LONGEST_REASON = 500

/** What is wrong with a message, for those who look after the group and the server. */
export default function ReportDialog({ message, direct, onClose }: { message: Message; direct: boolean; onClose: () => void }) {
  const madang = useMadang()
  const id = useId()
  const [reason, setReason] = useState('')
  const [error, setError] = useState<string>()
  const [busy, setBusy] = useState(false)
  const report = async (event: FormEvent) => {
    event.preventDefault()
    if (busy) return
    if (reason.trim() === '') {
      document.getElementById(id)?.focus()
      return setError(t('report.missing'))
    }
    setBusy(true)
    try {
      await madang.report(message.conversation_id, message.seq, reason.trim())
      onClose()
      toast({ text: t('report.done') })
    } catch (refusal) {
      setError(errorText(refusal))
      setBusy(false)
    }
  }
  return (
    <Dialog title={t('report.title')} onClose={onClose} width={440}>
      <form className="report" noValidate onSubmit={(event) => void report(event)}>
        <p className="report-said" dir="auto">
          {message.text.trim() || t('message.label.files', { count: message.attachments.length })}
        </p>
        <div className="field">
          <label htmlFor={id}>{t('report.reason')}</label>
          <span className="input report-reason" data-state={error ? 'wrong' : undefined}>
            <textarea id={id} rows={3} maxLength={LONGEST_REASON} value={reason} aria-invalid={error ? true : undefined} aria-describedby={error ? `${id}-error` : undefined} onChange={(event) => {
              setReason(event.target.value)
              setError(undefined)
            }} />
          </span>
          {error && <FieldError id={`${id}-error`}>{error}</FieldError>}
        </div>
        <p className="small">{t(direct ? 'report.text_direct' : 'report.text_group')}</p>
        <div className="buttons">
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" kind="danger" busy={busy}>
            {t('report.confirm')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
