import type { Account } from '@madang/client'
import { useStore } from '@nanostores/react'
import { useEffect, useMemo, useState } from 'react'
import { useMadang } from '../app/context.ts'
import { accountMatches } from './matching.ts'

export interface Found {
  people: Account[]
  state: 'searching' | 'done' | 'failed'
}

/** People for what is typed: those met already at once, the server's answer a moment later. */
export function usePeople(query: string): Found {
  const madang = useMadang()
  const me = useStore(madang.me)
  const known = useStore(madang.accounts)
  const [answer, setAnswer] = useState<{ query: string; people: Account[]; failed: boolean }>()
  const wanted = query.trim().replace(/^@/, '')
  useEffect(() => {
    let here = true
    const timer = setTimeout(() => {
      madang.findPeople(wanted).then(
        (people) => here && setAnswer({ query: wanted, people, failed: false }),
        () => here && setAnswer({ query: wanted, people: [], failed: true }),
      )
    }, 120)
    return () => {
      here = false
      clearTimeout(timer)
    }
  }, [madang, wanted])
  return useMemo(() => {
    const current = answer?.query === wanted ? answer : undefined
    const met = Object.values(known).filter((one) => accountMatches(one, wanted))
    const all = new Map([...met, ...(current?.people ?? [])].map((one) => [one.id, one]))
    const people = [...all.values()].filter((one) => one.id !== me?.id).sort((one, other) => one.display_name.localeCompare(other.display_name))
    return { people, state: current ? (current.failed ? 'failed' : 'done') : 'searching' }
  }, [answer, known, wanted, me])
}
