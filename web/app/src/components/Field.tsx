import { CircleAlert } from 'lucide-react'
import { useId, useState, type ComponentProps, type ReactNode } from 'react'
import { t } from '../i18n/index.ts'
import { TextButton } from './Button.tsx'
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

/** A password that may be shown while typing. */
export function PasswordField(props: Omit<TextFieldProps, 'type' | 'inside'>) {
  const [shown, setShown] = useState(false)
  return (
    <TextField
      autoCapitalize="none"
      autoCorrect="off"
      spellCheck={false}
      {...props}
      type={shown ? 'text' : 'password'}
      inside={
        <TextButton aria-pressed={shown} aria-label={shown ? t('field.password.hide_label') : t('field.password.show_label')} onClick={() => setShown(!shown)}>
          {shown ? t('field.password.hide') : t('field.password.show')}
        </TextButton>
      }
    />
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
