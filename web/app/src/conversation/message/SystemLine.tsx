import type { Entry } from '@madang/client'
import { useStore } from '@nanostores/react'
import { computed } from 'nanostores'
import { useEffect, useMemo, useState } from 'react'
import { useMadang } from '../../app/context.ts'
import { coming, firstScreen } from '../../app/soon.tsx'
import { TextButton } from '../../components/index.ts'
import { clockTime, exactTime, machineTime } from '../../i18n/format.ts'
import { t } from '../../i18n/index.ts'
import { useMessageContext } from './context.ts'

const sentences = coming(() => import('./systemSentence.ts'))

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

/** The sentence; empty until the words for it have come, behind the first screen: its line stands already. */
export function useSystemSentence(entries: readonly [Entry, ...Entry[]]): string {
  const { me } = useMessageContext()
  const madang = useMadang()
  const [words, setWords] = useState(sentences.here)
  useEffect(() => {
    if (!words) void firstScreen.then(() => sentences.come()).then(setWords, () => undefined)
  }, [words])
  const ids = (words?.peopleIn(entries) ?? [entries[0].actor_id]).join(',')
  const $people = useMemo(() => computed(ids.split(',').map((id) => madang.accountOf(Number(id))), (...all) => all), [ids, madang])
  const people = useStore($people)
  const nameOf = (id: number) => (id === me ? t('message.you') : (people.find((one) => one?.id === id)?.display_name ?? '…'))
  return words?.systemSentence(entries, me, nameOf) ?? ''
}
