import { $layout } from './layout-size.ts'
import { $preferences, setPreference } from './preferences.ts'
import { $route, back, navigate } from './router.ts'
import { conversationPath } from './routes.ts'

/** Shows or hides the details of a conversation: a kept choice where there is room, a page of its own elsewhere. */
export function toggleDetails(conversationId: number): void {
  const route = $route.get()
  const onDetailsPage = route.page === 'conversation' && route.details
  if ($layout.get() !== 'desktop') {
    if (onDetailsPage) back(conversationPath(conversationId))
    else navigate(conversationPath(conversationId, { details: true }))
    return
  }
  const open = onDetailsPage || $preferences.get().details
  setPreference('details', !open)
  if (onDetailsPage) navigate(conversationPath(conversationId), { replace: true })
}
