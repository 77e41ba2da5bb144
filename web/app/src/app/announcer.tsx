import { useStore } from '@nanostores/react'
import { atom } from 'nanostores'
import { t } from '../i18n/index.ts'

interface Announcement {
  text: string
  kind: 'message' | 'other'
}

const $polite = atom('')
const $assertive = atom('')
let waiting: Announcement[] = []
let speaking = false

/** Says `text` to a screen reader: one sentence a second, in order; a crowd of messages becomes its number. */
export function announce(text: string, kind: Announcement['kind'] = 'other'): void {
  waiting.push({ text, kind })
  if (!speaking) speakNext()
}

/** Interrupts a screen reader. For being signed out, and nothing else. */
export function announceUrgently(text: string): void {
  $assertive.set(text)
}

function speakNext(): void {
  const messages = waiting.filter((one) => one.kind === 'message').length
  if (messages > 3) {
    waiting = waiting.filter((one) => one.kind !== 'message')
    waiting.unshift({ text: t('announce.messages', { count: messages }), kind: 'other' })
  }
  const next = waiting.shift()
  speaking = next !== undefined
  if (!next) return
  // The same words twice are a change only if something differs.
  $polite.set($polite.get() === next.text ? `${next.text}\u00a0` : next.text)
  setTimeout(speakNext, 1000)
}

/** The two fixed regions that are read aloud; mounted once, never inside a list. */
export function Announcer() {
  return (
    <>
      <div className="for-ears" role="status" aria-live="polite">
        {useStore($polite)}
      </div>
      <div className="for-ears" role="alert">
        {useStore($assertive)}
      </div>
    </>
  )
}
