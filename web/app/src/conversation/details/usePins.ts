import type { Message } from '@madang/client'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useMadang } from '../../app/context.ts'

const CHANGES: readonly string[] = ['message_pinned', 'message_unpinned', 'message_edited', 'message_deleted']

/** What is pinned in a conversation, kept current: asked for again when a pin or what is pinned has changed. */
export function usePins(id: number): { pins: readonly Message[]; more: (() => void) | undefined } {
  const madang = useMadang()
  const [page, setPage] = useState<{ pins: Message[]; cursor?: string | undefined }>({ pins: [] })
  const asked = useRef(0)
  const load = useCallback(() => {
    const asking = ++asked.current
    // An answer that the next question has overtaken is older than what it says.
    madang.listPins(id).then(({ messages, cursor }) => asking === asked.current && setPage({ pins: messages, cursor }), () => undefined)
  }, [madang, id])
  useEffect(() => {
    load()
    const stopArrivals = madang.arrivals((entry) => {
      if (entry.conversation_id === id && CHANGES.includes(entry.kind)) load()
    })
    // What was missed while there was no connection arrives as no news.
    let before = madang.connection.get().state
    const stopConnection = madang.connection.listen(({ state }) => {
      if (state === 'online' && before !== 'online') load()
      before = state
    })
    return () => {
      stopArrivals()
      stopConnection()
    }
  }, [madang, id, load])
  const { pins, cursor } = page
  const more = () => {
    if (cursor === undefined) return
    madang.listPins(id, cursor).then((next) => setPage({ pins: [...pins, ...next.messages], cursor: next.cursor }), () => undefined)
  }
  return { pins, more: cursor === undefined ? undefined : more }
}
