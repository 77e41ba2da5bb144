import { useState, type DragEvent } from 'react'
import { useMadang } from '../app/context.ts'
import { navigate } from '../app/router.ts'
import { conversationPath } from '../app/routes.ts'
import { attachFiles } from '../conversation/index.ts'

/** Files dropped on a row are attached to that conversation's draft; nothing is sent. Returns the row under the files, and what the list listens to. */
export function useRowDrop() {
  const madang = useMadang()
  const [over, setOver] = useState<number>()
  const rowOf = (event: DragEvent) => Number((event.target as HTMLElement).closest<HTMLElement>('a.row')?.dataset.id) || undefined
  return {
    over,
    handlers: {
      onDragOver: (event: DragEvent) => {
        const id = event.dataTransfer.types.includes('Files') ? rowOf(event) : undefined
        if (id !== undefined) event.preventDefault()
        setOver(id)
      },
      onDragLeave: () => setOver(undefined),
      onDrop: (event: DragEvent) => {
        const id = rowOf(event)
        setOver(undefined)
        if (id === undefined || event.dataTransfer.files.length === 0) return
        event.preventDefault()
        attachFiles(madang, id, [...event.dataTransfer.files])
        navigate(conversationPath(id))
      },
    },
  }
}

/** A file dropped beside everything must not replace the app in its tab. */
export function keepDropsHere(): () => void {
  const refuse = (event: globalThis.DragEvent) => {
    if (event.defaultPrevented || !event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'none'
  }
  addEventListener('dragover', refuse)
  addEventListener('drop', refuse)
  return () => {
    removeEventListener('dragover', refuse)
    removeEventListener('drop', refuse)
  }
}
