import { defineConfig } from 'vitest/config'

// With MADANG_TEST_URL the client talks to a running server instead; `tests/journeys` starts one and calls it so.
const isLive = process.env.MADANG_TEST_URL !== undefined

export default defineConfig({
  test: { environment: 'node', include: [isLive ? 'src/**/*.live.ts' : 'src/**/*.test.ts'], testTimeout: 30_000 },
})
