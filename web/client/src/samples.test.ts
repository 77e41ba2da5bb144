import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as samples from './samples'
import { ENTRY_KINDS } from './types'

const stored = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../tests/samples/${name}.json`, import.meta.url), 'utf8'))

describe('the samples both languages read', () => {
  it.each([
    ['chat_commands', samples.chatCommands],
    ['chat_events', samples.chatEvents],
    ['notification_commands', samples.notificationCommands],
    ['notification_events', samples.notificationEvents],
    ['http', samples.http],
    ['refusals', samples.refusals],
  ])('%s is the same here as on disk', (name, here) => {
    expect(here).toEqual(stored(name))
  })

  it('has every kind of entry, under its own name', () => {
    for (const kind of ENTRY_KINDS) expect(samples.chatEvents[kind][0].kind).toBe(kind)
  })
})
