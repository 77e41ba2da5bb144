import { useId, type ReactNode } from 'react'
import { Switch } from '../components/index.ts'

/** One line of a settings card: what it is, a word about it, and its control at the end. */
export function Option({ title, hint, hintId, children }: { title: ReactNode; hint?: ReactNode; hintId?: string; children: ReactNode }) {
  return (
    <li className="opt">
      <span className="grow">
        <span className="stacked">{title}</span>
        {hint && (
          <span className="small" id={hintId}>
            {hint}
          </span>
        )}
      </span>
      {children}
    </li>
  )
}

export function SwitchOption({ title, hint, checked, disabled, onChange, aside }: { title: string; hint?: string; checked: boolean; disabled?: boolean; onChange: (checked: boolean) => void; aside?: ReactNode }) {
  const hintId = useId()
  return (
    <Option title={title} hint={hint} hintId={hintId}>
      {aside}
      <Switch label={title} describedBy={hintId} checked={checked} disabled={disabled ?? false} onChange={onChange} />
    </Option>
  )
}
