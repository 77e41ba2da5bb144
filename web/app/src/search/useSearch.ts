import type { SearchHit } from '@madang/client'
import { useStore } from '@nanostores/react'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { useMadang } from '../app/context.ts'
import { errorText } from '../i18n/errors.ts'
import { asked, searchPath, type SearchState } from './query.ts'

const typingPause = 250

export interface Results {
  /** Undefined until the first answer. */
  hits: SearchHit[] | undefined
  state: 'idle' | 'searching' | 'done' | 'failed'
  /** There may be more behind the last one. */
  more: boolean
  /** The server still indexes older messages. */
  incomplete: boolean
  problem: string | undefined
  loadMore: () => void
  retry: () => void
}

interface Answer {
  key: string
  hits: SearchHit[]
  cursor: string | undefined
  complete: boolean
  problem?: string
}

/** The hits for what is looked for, page by page; the last ones stay until the next ones are there. */
export function useSearch(state: SearchState): Results {
  const madang = useMadang()
  const connected = useStore(madang.connection).state === 'online'
  const [answer, setAnswer] = useState<Answer>()
  const [loading, setLoading] = useState(false)
  const [attempt, setAttempt] = useState(0)
  const key = searchPath(state)
  const wanted = useMemo(() => asked(state), [state])
  const current = answer?.key === key ? answer : undefined
  const done = current !== undefined && current.problem === undefined
  useEffect(() => {
    if (!wanted || !connected || done) return
    let here = true
    const timer = setTimeout(() => {
      madang.search(wanted).then(
        (page) => here && setAnswer({ key, hits: page.hits, cursor: page.cursor, complete: page.complete }),
        (reason: unknown) => here && setAnswer({ key, hits: [], cursor: undefined, complete: true, problem: errorText(reason) }),
      )
    }, typingPause)
    return () => {
      here = false
      clearTimeout(timer)
    }
    // What failed is asked for again by a person, or by the next connection.
  }, [madang, key, wanted, attempt, connected, done])
  const loadMore = useCallback(() => {
    if (!wanted || !current?.cursor || loading) return
    setLoading(true)
    madang
      .search({ ...wanted, cursor: current.cursor })
      .then(
        (page) => setAnswer((now) => (now?.key === key ? { ...now, hits: [...now.hits, ...page.hits], cursor: page.cursor, complete: page.complete } : now)),
        () => undefined,
      )
      .finally(() => setLoading(false))
  }, [madang, wanted, current, loading, key])
  return {
    hits: wanted ? answer?.hits : undefined,
    state: !wanted ? 'idle' : !current ? 'searching' : current.problem === undefined ? 'done' : 'failed',
    more: current?.cursor !== undefined,
    incomplete: current?.complete === false,
    problem: current?.problem,
    loadMore,
    retry: () => {
      setAnswer(undefined)
      setAttempt(attempt + 1)
    },
  }
}
