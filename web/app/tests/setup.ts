import { cleanup, configure } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, vi } from 'vitest'
import { firstScreenStands } from '../src/app/soon.tsx'

afterEach(cleanup)

// What is waited for comes when this machine has the time for it.
configure({ asyncUtilTimeout: 10_000 })

// What a page fetches when its first screen stands is there from the beginning.
beforeAll(async () => {
  firstScreenStands()
  await vi.dynamicImportSettled()
})

const waiting: ReturnType<typeof setTimeout>[] = []
for (const name of ['setTimeout', 'setInterval'] as const) {
  const begin = globalThis[name]
  globalThis[name] = ((...what: Parameters<typeof setTimeout>) => {
    const timer = begin(...what)
    waiting.push(timer)
    return timer
  }) as typeof setTimeout & typeof setInterval
}

// What a test has begun does not outlive its document: what it fetches, and what waits, such as a store that is let go a second after its last listener.
afterAll(async () => {
  await vi.dynamicImportSettled()
  waiting.forEach(clearTimeout)
})

// What the test's document does not have; browsers do.
if (!('showPopover' in HTMLElement.prototype)) Object.assign(HTMLElement.prototype, { showPopover: () => undefined, hidePopover: () => undefined })
