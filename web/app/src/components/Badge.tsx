import { countText } from '../i18n/format.ts'

/** A count that calls (persimmon) or only tells (plain). Decorative: the label of what it stands on says the number. */
export function Badge({ count, kind = 'call', small, at }: { count: number; kind?: 'call' | 'plain'; small?: boolean; at?: boolean }) {
  if (count <= 0) return null
  return (
    <span className="badge" data-kind={kind} data-small={small ? '' : undefined} aria-hidden="true">
      {at && '@'}
      {count > 99 ? '99+' : countText(count)}
    </span>
  )
}

/** Unread, but muted. */
export const HollowDot = () => <span className="hollow-dot" aria-hidden="true" />

/** New in the inbox. */
export const NewDot = () => <span className="new-dot" aria-hidden="true" />

/** Three dots: somebody is writing. */
export const TypingDots = () => (
  <span className="dots" aria-hidden="true">
    <i />
    <i />
    <i />
  </span>
)
