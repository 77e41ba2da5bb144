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

// What a test has begun to fetch does not outlive its document.
afterAll(() => vi.dynamicImportSettled())

// What the test's document does not have; browsers do.
if (!('showPopover' in HTMLElement.prototype)) Object.assign(HTMLElement.prototype, { showPopover: () => undefined, hidePopover: () => undefined })
