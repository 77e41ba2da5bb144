import type { LucideIcon } from 'lucide-react'
import type { ComponentProps, ReactNode } from 'react'
import { Icon } from './Icon.tsx'

export interface ButtonProps extends Omit<ComponentProps<'button'>, 'type'> {
  /** In a dialog: where the focus goes first. */
  'data-first-focus'?: '' | undefined
  /** main is persimmon: only Sign in, Send, Create and Accept. */
  kind?: 'main' | 'quiet' | 'danger' | undefined
  small?: boolean
  icon?: LucideIcon
  type?: 'button' | 'submit'
  /** Being worked on: stays in place, cannot be pressed again. */
  busy?: boolean
}

export function Button({ kind, small, icon, busy, type = 'button', disabled, children, ...rest }: ButtonProps) {
  return (
    <button className="button" data-kind={kind} data-small={small ? '' : undefined} type={type} disabled={disabled} aria-busy={busy || undefined} {...rest} onClick={busy ? undefined : rest.onClick}>
      {icon && <Icon of={icon} size={small ? 16 : 18} />}
      {children}
    </button>
  )
}

/** Words that act, in a sentence's place. */
export function TextButton({ type = 'button', ...rest }: ComponentProps<'button'>) {
  return <button className="text-button" type={type} {...rest} />
}

export interface IconButtonProps extends Omit<ComponentProps<'button'>, 'type'> {
  icon: LucideIcon
  /** What it does, read aloud and shown as tooltip. */
  label: string
  /** The keys that do the same, for the tooltip. */
  keys?: string
  iconSize?: 14 | 16 | 18 | 20
  badge?: ReactNode
}

export function IconButton({ icon, label, keys, iconSize = 20, badge, ...rest }: IconButtonProps) {
  return (
    <button className="icon-button" type="button" aria-label={badge ? undefined : label} title={keys ? `${label} (${keys})` : label} {...rest}>
      {badge && <span className="for-ears">{label}</span>}
      <Icon of={icon} size={iconSize} />
      {badge}
    </button>
  )
}
