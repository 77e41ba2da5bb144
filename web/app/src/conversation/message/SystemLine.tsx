import type { Entry } from '@madang/client'
import { useStore } from '@nanostores/react'
import { useMadang } from '../../app/context.ts'
import { TextButton } from '../../components/index.ts'
import { clockTime, exactTime, machineTime } from '../../i18n/format.ts'
import { t } from '../../i18n/index.ts'
import { useMessageContext } from './context.ts'
import { systemSentence } from './systemSentence.ts'

/** Who came, who left, what was renamed or pinned. */
export function SystemLine({ entry }: { entry: Entry }) {
  const { actions } = useMessageContext()
  const pinned = entry.kind === 'message_pinned' ? entry.data.target_seq : undefined
  return (
    <p className="system">
      <span>{useSystemSentence(entry)}</span>{' '}
      {pinned !== undefined && <TextButton onClick={() => actions.jumpTo(pinned)}>{t('timeline.pinned_show')}</TextButton>}{' '}
      <time dateTime={machineTime(entry.at)} title={exactTime(entry.at)}>
        {clockTime(entry.at)}
      </time>
    </p>
  )
}

export function useSystemSentence(entry: Entry): string {
  const { me } = useMessageContext()
  const madang = useMadang()
  const about = 'account_id' in entry.data ? entry.data.account_id : entry.actor_id
  const actor = useStore(madang.accountOf(entry.actor_id))
  const other = useStore(madang.accountOf(about))
  const name = (id: number, known: string | undefined) => (id === me ? t('message.you') : (known ?? '…'))
  return systemSentence(entry, { me, actor: name(entry.actor_id, actor?.display_name), other: name(about, other?.display_name) })
}
