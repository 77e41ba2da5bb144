import { useStore } from '@nanostores/react'
import { lazy, Suspense } from 'react'
import { $window, closeWindow } from './windows.ts'

const Switcher = lazy(() => import('../people/Switcher.tsx'))
const NewConversation = lazy(() => import('../people/NewConversation.tsx'))
const FindPerson = lazy(() => import('../people/FindPerson.tsx'))
const OpenConversations = lazy(() => import('../people/OpenConversations.tsx'))
const MarkAllRead = lazy(() => import('./MarkAllRead.tsx'))
const StatusDialog = lazy(() => import('../status/StatusDialog.tsx'))
const ShortcutSheet = lazy(() => import('./ShortcutSheet.tsx'))

/** The dialogs of the shell, loaded when they are first opened. */
export function Windows() {
  const open = useStore($window)
  return (
    <Suspense fallback={null}>
      {open === 'switcher' && <Switcher onClose={closeWindow} />}
      {open === 'new' && <NewConversation onClose={closeWindow} />}
      {open === 'people' && <FindPerson onClose={closeWindow} />}
      {open === 'open' && <OpenConversations onClose={closeWindow} />}
      {open === 'read-all' && <MarkAllRead onClose={closeWindow} />}
      {open === 'status' && <StatusDialog onClose={closeWindow} />}
      {open === 'shortcuts' && <ShortcutSheet onClose={closeWindow} />}
    </Suspense>
  )
}
