import type { LucideIcon } from 'lucide-react'

export interface IconProps {
  of: LucideIcon
  size?: 12 | 14 | 16 | 18 | 20 | 24
  kind?: string
}

/** A drawing beside words: never read aloud, in the colour of the text around it. */
export function Icon({ of: Drawing, size = 20, kind }: IconProps) {
  const stroke = size >= 18 ? 1.75 : size === 16 ? 1.6 : 1.5
  return <Drawing className="icon" data-kind={kind} size={size} strokeWidth={stroke} absoluteStrokeWidth aria-hidden="true" focusable="false" />
}
