import type { Entry } from '@madang/client'
import { useStore } from '@nanostores/react'
import { computed } from 'nanostores'
import { useMemo } from 'react'
import { useMadang } from '../../app/context.ts'
import { TextButton } from '../../components/index.ts'
import { clockTime, exactTime, machineTime } from '../../i18n/format.ts'
import { t } from '../../i18n/index.ts'
import { useMessageContext } from './context.ts'
import { peopleIn, systemSentence } from './systemSentence.ts'

/** Who came, who left, what was renamed or pinned. */
export function SystemLine({ entries }: { entries: readonly [Entry, ...Entry[]] }) {
  const { actions } = useMessageContext()
  const [entry] = entries
  const pinned = entry.kind === 'message_pinned' ? entry.data.target_seq : undefined
  return (
    <p className="system">
      <span>{useSystemSentence(entries)}</span>{' '}
      {pinned !== undefined && <TextButton onClick={() => actions.jumpTo(pinned)}>{t('timeline.pinned_show')}</TextButton>}{' '}
      <time dateTime={machineTime(entry.at)} title={exactTime(entry.at)}>
        {clockTime(entry.at)}
      </time>
    </p>
  )
}

export function useSystemSentence(entries: readonly Entry[]): string {
  const { me } = useMessageContext()
  const madang = useMadang()
  const ids = peopleIn(entries).join(',')
  const $people = useMemo(() => computed(ids.split(',').map((id) => madang.accountOf(Number(id))), (...all) => all), [ids, madang])
  const people = useStore($people)
  const nameOf = (id: number) => (id === me ? t('message.you') : (people.find((one) => one?.id === id)?.display_name ?? '…'))
  return systemSentence(entries, me, nameOf)
}
