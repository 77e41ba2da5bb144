import type { Highlight } from '@madang/client'
import { Fragment, type ReactNode } from 'react'
import { languageOf } from '../i18n/names.ts'

/** A text with what was found in it marked. */
export function Marked({ text, highlights }: { text: string; highlights: Highlight[] }) {
  const parts: ReactNode[] = []
  let at = 0
  for (const { start, end } of highlights) {
    parts.push(<Fragment key={at}>{text.slice(at, start)}</Fragment>, <mark key={`m${start}`}>{text.slice(start, end)}</mark>)
    at = end
  }
  return (
    <span dir="auto" lang={languageOf(text)}>
      {parts}
      {text.slice(at)}
    </span>
  )
}
