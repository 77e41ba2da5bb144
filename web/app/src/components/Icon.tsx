import type { LucideIcon } from 'lucide-react'

export interface IconProps {
  of: LucideIcon
  size?: 12 | 14 | 16 | 18 | 20 | 24
  kind?: string
}

/** The drawings fill their square of 24; a little air around them makes them as quiet as the letters beside them. */
const air = 1.5
const side = 24 + 2 * air
const frame = `${-air} ${-air} ${side} ${side}`

/** A drawing beside words: never read aloud, in the colour of the text around it. */
export function Icon({ of: Drawing, size = 20, kind }: IconProps) {
  const strokePixels = size >= 18 ? 1.7 : 1.5
  return <Drawing className="icon" data-kind={kind} size={size} viewBox={frame} strokeWidth={(strokePixels * side) / size} aria-hidden="true" focusable="false" />
}
