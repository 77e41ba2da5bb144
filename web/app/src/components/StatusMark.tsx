import type { Presence, Status } from '@madang/client'

/** What somebody says of themselves, in one line: 🍚 Lunch. */
export const statusText = (status: Status | undefined): string => [status?.emoji, status?.text].filter(Boolean).join(' ')

/** A sign beside a name that its person says something of themselves. Decorative: the words stand in the label and the tooltip. */
export function StatusMark({ presence }: { presence: Presence | undefined }) {
  const text = statusText(presence?.status)
  if (!text) return null
  return (
    <span className="status-mark" title={text} aria-hidden="true">
      {presence?.status?.emoji || '💬'}
    </span>
  )
}
