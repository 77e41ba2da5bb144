/** Whether the first steps were put away, for ever and per account. */
const key = (accountId: number) => `madang.first-run.${accountId}`

export function isFirstRunDone(accountId: number): boolean {
  try {
    return localStorage.getItem(key(accountId)) !== null
  } catch {
    return true
  }
}

export function finishFirstRun(accountId: number): void {
  try {
    localStorage.setItem(key(accountId), 'done')
  } catch {
    // Without storage the panel comes back; nothing is lost.
  }
}
