import { useStore } from '@nanostores/react'
import { atom } from 'nanostores'

/** How many panes stand side by side; the same limits as the container queries in styles/layout.css. */
export type LayoutSize = 'phone' | 'tablet' | 'desktop'

export const $layout = atom<LayoutSize>(sizeOf(typeof innerWidth === 'number' ? innerWidth : 1440))

export const useLayout = (): LayoutSize => useStore($layout)

/** Measures the app's own container and keeps `--keyboard`, the height that an on-screen keyboard covers. */
export function watchLayout(container: HTMLElement): () => void {
  const observer = new ResizeObserver(([entry]) => {
    const width = entry?.contentRect.width ?? 0
    if (width > 0) $layout.set(sizeOf(width))
  })
  observer.observe(container)
  const visual = window.visualViewport
  const covered = () => {
    if (!visual) return
    const pixels = visual.scale > 1.01 ? 0 : Math.max(0, Math.round(document.documentElement.clientHeight - visual.height))
    document.documentElement.style.setProperty('--keyboard', `${pixels > 60 ? pixels : 0}px`)
  }
  visual?.addEventListener('resize', covered)
  return () => {
    observer.disconnect()
    visual?.removeEventListener('resize', covered)
  }
}

function sizeOf(width: number): LayoutSize {
  if (width < 720) return 'phone'
  return width < 1100 ? 'tablet' : 'desktop'
}
