import type { ReactNode } from 'react'

/** A few choices side by side in a trough. */
export function Segments<Value extends string>({ label, options, value, onChange }: { label: string; options: readonly { value: Value; label: ReactNode }[]; value: Value; onChange: (value: Value) => void }) {
  return (
    <div className="segments" role="group" aria-label={label}>
      {options.map((option) => (
        <button key={option.value} type="button" aria-pressed={option.value === value} onClick={() => onChange(option.value)}>
          {option.label}
        </button>
      ))}
    </div>
  )
}

export function Switch({ label, checked, disabled, onChange, describedBy }: { label: string; checked: boolean; disabled?: boolean; onChange: (checked: boolean) => void; describedBy?: string }) {
  return <button className="switch" type="button" role="switch" aria-checked={checked} aria-label={label} aria-describedby={describedBy} disabled={disabled} onClick={() => onChange(!checked)} />
}
