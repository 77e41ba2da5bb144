import type { MadangError, Message } from '@madang/client'
import { CircleAlert } from 'lucide-react'
import { Icon, TextButton } from '../../components/index.ts'
import { errorText } from '../../i18n/errors.ts'
import { t } from '../../i18n/index.ts'
import { useMessageContext } from './context.ts'

/** Under a message that was refused: why, and the ways on. */
export function NotSent({ message, error }: { message: Message; error: MadangError | undefined }) {
  const { actions } = useMessageContext()
  // Its files are nowhere any more, so there is nothing to try again.
  const isLost = error?.code === 'upload_lost'
  return (
    <div className="not-sent">
      <Icon of={CircleAlert} size={14} />
      <b>{t('message.state.failed')}</b>
      {error && <span className="quiet">{isLost ? t('message.upload_lost') : errorText(error)}</span>}
      {!isLost && <TextButton onClick={() => actions.retry(message)}>{t('message.retry')}</TextButton>}
      <TextButton data-kind="quiet" onClick={() => actions.discard(message)}>
        {t('message.delete')}
      </TextButton>
    </div>
  )
}
