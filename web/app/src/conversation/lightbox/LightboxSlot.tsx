import { useStore } from '@nanostores/react'
import { lazy, Suspense } from 'react'
import { $lightbox } from './open.ts'

const Lightbox = lazy(() => import('./Lightbox.tsx'))

/** Where the lightbox appears; its code is fetched with the first picture that is opened. */
export function LightboxSlot() {
  const open = useStore($lightbox) !== undefined
  if (!open) return null
  return (
    <Suspense>
      <Lightbox />
    </Suspense>
  )
}
