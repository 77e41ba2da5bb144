/** Where one can be, and the paths that say so. */
export type SettingsPage = 'profile' | 'devices' | 'notifications' | 'privacy' | 'appearance' | 'language' | 'about'

export const settingsPages: readonly SettingsPage[] = ['profile', 'devices', 'notifications', 'privacy', 'appearance', 'language', 'about']

export type Route =
  | { page: 'conversations' }
  | { page: 'conversation'; id: number; aroundSeq?: number; details: boolean }
  | { page: 'contacts' | 'notifications' | 'search' }
  | { page: 'settings'; section?: SettingsPage }
  | { page: 'sign-in' }
  | { page: 'create-account'; invitation?: string }
  /** A link into a group. */
  | { page: 'join'; code: string }
  | { page: 'unknown' }

export function parseRoute(path: string): Route {
  const [first = '', second, third, fourth, ...rest] = path.replace(/^\/+|\/+$/g, '').split('/')
  if (rest.length > 0) return { page: 'unknown' }
  switch (first) {
    case '':
      return { page: 'conversations' }
    case 'c':
      return conversationRoute(second, third, fourth)
    case 'contacts':
    case 'notifications':
    case 'search':
      return second === undefined ? { page: first } : { page: 'unknown' }
    case 'settings':
      if (second === undefined) return { page: 'settings' }
      return isSettingsPage(second) && third === undefined ? { page: 'settings', section: second } : { page: 'unknown' }
    case 'sign-in':
      return { page: 'sign-in' }
    case 'create-account':
      return { page: 'create-account' }
    case 'join':
      return second && third === undefined ? joinRoute(safeDecode(second)) : { page: 'unknown' }
    default:
      return { page: 'unknown' }
  }
}

/** The path of a conversation, of one message in it, or of its details. */
export function conversationPath(id: number, more?: { seq?: number; details?: boolean }): string {
  if (more?.details) return `/c/${id}/details`
  return more?.seq ? `/c/${id}/m/${more.seq}` : `/c/${id}`
}

function conversationRoute(second?: string, third?: string, fourth?: string): Route {
  if (second === undefined) return { page: 'conversations' }
  const id = positive(second)
  if (id === undefined) return { page: 'unknown' }
  if (third === undefined) return { page: 'conversation', id, details: false }
  if (third === 'details' && fourth === undefined) return { page: 'conversation', id, details: true }
  const aroundSeq = third === 'm' && fourth !== undefined ? positive(fourth) : undefined
  return aroundSeq === undefined ? { page: 'unknown' } : { page: 'conversation', id, aroundSeq, details: false }
}

/** Links into groups have their code in one piece; invitations to the server are made to be typed, in groups of letters. */
function joinRoute(code: string): Route {
  return /^[a-z0-9]+$/i.test(code) ? { page: 'join', code } : { page: 'create-account', invitation: code }
}

function isSettingsPage(text: string): text is SettingsPage {
  return (settingsPages as readonly string[]).includes(text)
}

function positive(text: string): number | undefined {
  return /^[1-9]\d{0,15}$/.test(text) ? Number(text) : undefined
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
