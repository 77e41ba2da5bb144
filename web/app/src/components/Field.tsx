import { CircleAlert } from 'lucide-react'
import { useId, type ComponentProps, type ReactNode } from 'react'
import { Icon } from './Icon.tsx'

export interface TextFieldProps extends Omit<ComponentProps<'input'>, 'children'> {
  'data-first-focus'?: '' | undefined
  label: string
  error?: string | undefined
  hint?: ReactNode
  /** At the end of the label's line, a count for instance. */
  aside?: ReactNode
  /** Inside the box, after the text. */
  inside?: ReactNode
}

/** A labelled input; an error stands at its field and is tied to it. */
export function TextField({ label, error, hint, aside, inside, id, ...input }: TextFieldProps) {
  const own = useId()
  const field = id ?? own
  const described = [hint ? `${field}-hint` : '', error ? `${field}-error` : ''].filter(Boolean).join(' ')
  return (
    <div className="field">
      <label htmlFor={field}>
        {label}
        {aside && <span className="meta">{aside}</span>}
      </label>
      <span className="input" data-state={error ? 'wrong' : undefined}>
        <input id={field} aria-invalid={error ? true : undefined} aria-describedby={described || undefined} {...input} />
        {inside}
      </span>
      {error && <FieldError id={`${field}-error`}>{error}</FieldError>}
      {hint && (
        <div className="small" id={`${field}-hint`}>
          {hint}
        </div>
      )}
    </div>
  )
}

export function FieldError({ id, children }: { id?: string; children: ReactNode }) {
  return (
    <p className="wrong" id={id} role="alert">
      <Icon of={CircleAlert} size={16} />
      <span>{children}</span>
    </p>
  )
}
