import type { MadangError } from './errors.ts'

/** How long to wait before the next try: 1, 2, 4 ... 30 seconds, with a little chance so that not all come at once. */
export function retryDelay(tries: number, random: () => number = Math.random): number {
  const full = Math.min(30_000, 1000 * 2 ** Math.min(tries, 5))
  return Math.round(full * (0.75 + random() * 0.25))
}

/** How long to wait before the same is asked again: longer and longer, as the server says, or a second after a silence, which took its time. */
export function askAgainDelay(error: MadangError, tries: number, random: () => number = Math.random): number {
  return Math.max(retryDelay(error.code === 'no_answer' ? 0 : tries, random), error.retry_after_ms ?? 0)
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** What comes in time; nothing when it fails or does not. */
export function inTime<Result>(ms: number, work: Promise<Result>): Promise<Result | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), ms)
    work.then(resolve, () => resolve(undefined)).finally(() => clearTimeout(timer))
  })
}
