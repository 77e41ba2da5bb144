import type { ConversationView, Presence } from '@madang/client'
import { useStore } from '@nanostores/react'
import { atom, computed, type ReadableAtom } from 'nanostores'
import { useMemo } from 'react'
import { useNow } from '../app/clock.ts'
import { useMadang } from '../app/context.ts'
import { statusText } from '../components/index.ts'
import { relativeTime } from '../i18n/format.ts'
import { t } from '../i18n/index.ts'

/** Groups larger than this do not count who is online. */
const COUNTED = 50

const $nobody = atom<Presence | undefined>(undefined)
const $none = atom(0)

/** The line under a conversation's name: presence of the other person, or how many belong and are online. */
export function useAbout(conversation: ConversationView): string {
  const madang = useMadang()
  const partner = conversation.with
  const presence = useStore(partner ? madang.presenceOf(partner.id) : $nobody)
  const online = useOnlineCount(conversation)
  const now = useNow()
  if (partner) return [presenceText(presence, now), statusText(presence?.status)].filter(Boolean).join(' · ')
  const members = t('details.member_count', { count: conversation.member_count })
  return online > 0 ? t('details.members_online', { members, online: t('details.online_count', { count: online }) }) : members
}

export function presenceText(presence: Presence | undefined, now = Date.now()): string {
  if (!presence) return '\u00a0'
  if (presence.state !== 'offline') return t(`presence.${presence.state}`)
  return presence.last_seen_at ? t('presence.last_seen', { time: relativeTime(presence.last_seen_at, now) }) : t('presence.offline')
}

function useOnlineCount(conversation: ConversationView): number {
  const madang = useMadang()
  const members = useStore(madang.membersOf(conversation.id))
  const counts = !conversation.with && members !== undefined && members.length <= COUNTED
  const ids = counts ? members.map((member) => member.account.id).join(',') : ''
  const $online = useMemo<ReadableAtom<number>>(() => {
    if (ids === '') return $none
    const stores = ids.split(',').map((id) => madang.presenceOf(Number(id)))
    return computed(stores, (...all) => all.filter((one) => one !== undefined && one.state !== 'offline').length)
  }, [ids, madang])
  return useStore($online)
}
