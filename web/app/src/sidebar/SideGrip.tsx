import { useState, type PointerEvent } from 'react'
import { useStore } from '@nanostores/react'
import { $preferences, setPreference } from '../app/preferences.ts'
import { t } from '../i18n/index.ts'
import '../i18n/later.ts'

const narrowest = 240
const widest = 360
const usual = 288

/** The edge of the sidebar: dragging or arrows make it wider, a double click gives it back its usual width. */
export function SideGrip() {
  const { sideWidth } = useStore($preferences)
  const [dragging, setDragging] = useState(false)
  const move = (event: PointerEvent<HTMLElement>) => {
    if (!dragging) return
    const side = event.currentTarget.parentElement?.getBoundingClientRect()
    if (side) setPreference('sideWidth', clamp(event.clientX - side.left))
  }
  return (
    <div
      className="side-grip"
      role="separator"
      aria-orientation="vertical"
      aria-label={t('sidebar.width')}
      aria-valuemin={narrowest}
      aria-valuemax={widest}
      aria-valuenow={sideWidth}
      tabIndex={0}
      data-state={dragging ? 'dragging' : undefined}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        setDragging(true)
      }}
      onPointerMove={move}
      onPointerUp={() => setDragging(false)}
      onPointerCancel={() => setDragging(false)}
      onDoubleClick={() => setPreference('sideWidth', usual)}
      onKeyDown={(event) => {
        const step = { ArrowLeft: -8, ArrowRight: 8 }[event.key]
        if (step) setPreference('sideWidth', clamp(sideWidth + step))
      }}
    />
  )
}

const clamp = (width: number) => Math.round(Math.min(widest, Math.max(narrowest, width)))
