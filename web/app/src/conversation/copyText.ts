import { toast } from '../components/index.ts'
import { t } from '../i18n/index.ts'
import '../i18n/later.ts'

const COPIED = { code: 'message.code_copied', link: 'message.link_copied', text: 'message.copied' } as const

export type Copied = keyof typeof COPIED

/** Copies `text` and says what was copied, or that the browser does not let it be. */
export async function copyText(text: string, what: Copied): Promise<void> {
  if (await isCopied(text)) toast({ text: t(COPIED[what]) })
  else toast({ text: t('message.not_copied'), kind: 'info' })
}

async function isCopied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // Over plain http a page has no clipboard, and some browsers refuse it: what is selected can be copied there.
    return copySelected(text)
  }
}

function copySelected(text: string): boolean {
  const before = document.activeElement
  const field = document.createElement('textarea')
  field.className = 'for-ears'
  field.style.whiteSpace = 'pre' // else the browser copies the lines without what they begin with
  field.value = text
  field.readOnly = true // no keyboard comes up on a phone
  // Behind an open dialog nothing can be selected.
  const place = Array.from(document.querySelectorAll('dialog[open]')).at(-1) ?? document.body
  place.append(field)
  field.focus({ preventScroll: true })
  field.select()
  const done = document.execCommand('copy')
  field.remove()
  if (before instanceof HTMLElement) before.focus({ preventScroll: true })
  return done
}
