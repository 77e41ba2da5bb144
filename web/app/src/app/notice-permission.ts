export type NoticePermission = 'ask' | 'granted' | 'denied' | 'unsupported'

/** Whether this browser lets us show notices on the desktop. */
export function noticePermission(): NoticePermission {
  if (typeof Notification === 'undefined' || !isSecureContext) return 'unsupported'
  return Notification.permission === 'default' ? 'ask' : Notification.permission
}

/** Asks the browser; only ever after a click. */
export async function askForNotices(): Promise<NoticePermission> {
  if (noticePermission() === 'ask') await Notification.requestPermission()
  return noticePermission()
}
