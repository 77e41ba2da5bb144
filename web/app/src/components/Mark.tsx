/** The gate: an empty yard means that nothing is new, a dot in it that someone is waiting. */
export function Mark({ dot = true, size = 24, stroke }: { dot?: boolean; size?: number; stroke?: number }) {
  return (
    <svg className="mark" viewBox="0 0 32 32" width={size} height={size} aria-hidden="true" style={{ width: size, height: size, strokeWidth: stroke }}>
      <path d="M12 28h-1a7 7 0 0 1-7-7V11a7 7 0 0 1 7-7h10a7 7 0 0 1 7 7v10a7 7 0 0 1-7 7h-1" />
      {dot && <circle className="dot" cx="16" cy="16" r="3.5" />}
    </svg>
  )
}
