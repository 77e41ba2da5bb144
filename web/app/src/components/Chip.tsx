import type { ReactNode } from 'react'

/** A row of filters, one of which is chosen. */
export function Chips<Value extends string>({ label, options, value, onChange }: { label: string; options: readonly { value: Value; label: ReactNode }[]; value: Value; onChange: (value: Value) => void }) {
  return (
    <div className="chips" role="group" aria-label={label}>
      {options.map((option) => (
        <button key={option.value} className="chip" type="button" aria-pressed={option.value === value} onClick={() => onChange(option.value)}>
          {option.label}
        </button>
      ))}
    </div>
  )
}
