import type { Contact, ContactBook } from '@madang/client'
import { useStore } from '@nanostores/react'
import { atom } from 'nanostores'
import { useEffect, useState } from 'react'
import { useMadang } from '../app/context.ts'
import { toast } from '../components/index.ts'
import { errorText } from '../i18n/errors.ts'

const $nothing = atom<ReadonlyMap<number, Contact> | undefined>(undefined)

export interface ContactsHere {
  book: ContactBook | undefined
  /** By account id; `undefined` until they are there. */
  all: ReadonlyMap<number, Contact> | undefined
  failed: boolean
  again: () => void
}

/** One's contacts, loaded when the component that asks is first shown. */
export function useContacts(): ContactsHere {
  const madang = useMadang()
  const [book, setBook] = useState<ContactBook>()
  const [attempt, setAttempt] = useState(0)
  const [failedAttempt, setFailedAttempt] = useState<number>()
  const all = useStore(book?.all ?? $nothing)
  useEffect(() => {
    let here = true
    madang.contacts().then(
      async (loaded) => {
        if (!here) return
        setBook(loaded)
        await loaded.load().catch(() => here && setFailedAttempt(attempt))
      },
      () => here && setFailedAttempt(attempt),
    )
    return () => {
      here = false
    }
  }, [madang, attempt])
  return { book, all, failed: all === undefined && failedAttempt === attempt, again: () => setAttempt(attempt + 1) }
}

/** Does something that may be refused; why is said where one is. */
export function attempt(work: Promise<unknown> | undefined): void {
  work?.catch((reason: unknown) => toast({ text: errorText(reason), kind: 'info' }))
}
