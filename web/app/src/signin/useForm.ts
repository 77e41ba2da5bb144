import { useRef, useState, type FormEvent, type RefObject } from 'react'

/** What is wrong, by the name of the field; `form` is about all of it. */
export type Errors = Partial<Record<string, string>>

/** Reads a form when it is sent, shows what is wrong, and focuses the first wrong field. */
export function useForm(send: (values: Record<string, string>, empty: () => void) => Promise<Errors>) {
  const form: RefObject<HTMLFormElement | null> = useRef(null)
  const [errors, setErrors] = useState<Errors>({})
  const [busy, setBusy] = useState(false)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (busy || !form.current) return
    const values: Record<string, string> = {}
    new FormData(form.current).forEach((value, name) => {
      if (typeof value === 'string') values[name] = /password/.test(name) ? value : value.trim()
    })
    setBusy(true)
    void send(values, () => form.current?.reset()).then((wrong) => {
      setErrors(wrong)
      setBusy(false)
      const first = [...(form.current?.elements ?? [])].find((field) => field instanceof HTMLInputElement && wrong[field.name])
      if (first instanceof HTMLElement) first.focus()
    })
  }
  return { form, errors, busy, submit }
}
