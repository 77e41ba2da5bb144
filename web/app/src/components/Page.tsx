import type { LucideIcon } from 'lucide-react'
import { ChevronLeft } from 'lucide-react'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { $arrival, back } from '../app/router.ts'
import { useLayout } from '../app/layout-size.ts'
import { t } from '../i18n/index.ts'
import { IconButton } from './Button.tsx'
import { Icon } from './Icon.tsx'
import { Mark } from './Mark.tsx'

/** A pill that tells about the connection or a page's state; overlays, never pushes. */
export function Banner({ kind, icon, children }: { kind: 'info' | 'warn' | 'ok'; icon: LucideIcon; children: ReactNode }) {
  return (
    <span className="banner" data-kind={kind}>
      <Icon of={icon} size={14} />
      {children}
    </span>
  )
}

/** Nothing here: the empty yard, one sentence, one button. */
export function Empty({ text, children, size = 96 }: { text: ReactNode; children?: ReactNode; size?: number }) {
  return (
    <div className="empty">
      <Mark dot={false} size={size} stroke={2} />
      <p className="quiet">{text}</p>
      {children}
    </div>
  )
}

/** Grey rows of the final size while something loads; not before 300 ms have passed. */
export function SkeletonRows({ count = 3 }: { count?: number }) {
  const late = useLate(300)
  if (!late) return <div className="skeletons" aria-hidden="true" />
  return (
    <div className="skeletons" aria-hidden="true">
      {Array.from({ length: count }, (_, row) => (
        <div className="skeleton" key={row}>
          <span className="bone" />
          <span>
            <span className="bone" style={{ width: `${40 + ((row * 17) % 30)}%` }} />
            <span className="bone" style={{ width: `${62 + ((row * 23) % 30)}%` }} />
          </span>
        </div>
      ))}
    </div>
  )
}

/** True once `ms` have passed. */
export function useLate(ms: number): boolean {
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), ms)
    return () => clearTimeout(timer)
  }, [ms])
  return late
}

/** The first line of a pane: 56 high (phone 52), so that titles stand on one line across the panes. */
export function PaneHead({ children, backTo }: { children: ReactNode; backTo?: string }) {
  const phone = useLayout() === 'phone'
  return (
    <header className="pane-head" data-back={backTo && phone ? '' : undefined}>
      {backTo && phone && <IconButton icon={ChevronLeft} label={t('pane.back')} onClick={() => back(backTo)} />}
      {children}
    </header>
  )
}

/** The page's h1; takes the focus when one comes here by a link, so that a screen reader says where one is. */
export function PageTitle({ children }: { children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if ($arrival.get() === 'forward') heading.current?.focus({ preventScroll: true })
  }, [])
  return (
    <h1 className="page-title" tabIndex={-1} ref={heading}>
      {children}
    </h1>
  )
}
