import { lazy, Suspense } from 'react'
import { SkeletonRows } from '../../components/index.ts'

const Pane = lazy(() => import('./DetailsPane.tsx'))

/** About a conversation: what it is, what it tells me, who belongs to it. Its code is fetched when it is first shown. */
export function DetailsPane({ conversationId }: { conversationId: number }) {
  return (
    <Suspense fallback={<SkeletonRows count={4} />}>
      <Pane conversationId={conversationId} />
    </Suspense>
  )
}
