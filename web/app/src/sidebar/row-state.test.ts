import { describe, expect, test } from 'vitest'
import { account, conversation } from '../../tests/fake-madang.ts'
import { neighbour } from '../app/shortcuts.ts'
import { countCalls } from '../app/title.ts'
import { keepOrder, shown } from './filters.ts'
import { rowLabel, rowState, type RowFacts } from './row-state.ts'

const meId = 6
const ana = account(2, 'ana')
const said = (text: string, sender_id = 2) => ({ last_message: { seq: 10, sender_id, sent_at: 1, text, attachment_count: 0, deleted: false } })

function state(facts: Partial<RowFacts>) {
  return rowState({ conversation: conversation(1, said('hello')), meId, typing: [], draft: undefined, lastSender: 'ana', now: 1000, ...facts })
}

describe('a row', () => {
  test('names who spoke in a group, and You for oneself', () => {
    expect(state({}).preview).toEqual({ kind: 'message', text: 'ana: hello' })
    expect(state({ conversation: conversation(1, said('hello', meId)) }).preview.text).toBe('You: hello')
    expect(state({ conversation: conversation(1, { with: ana, ...said('hello') }) }).preview.text).toBe('hello')
  })

  test('says what a last message without text was', () => {
    const last = { seq: 1, sender_id: 2, sent_at: 1, text: '', attachment_count: 3, deleted: false }
    expect(state({ conversation: conversation(1, { with: ana, last_message: last }) }).preview.text).toBe('3 files')
    expect(state({ conversation: conversation(1, { with: ana, last_message: { ...last, deleted: true } }) }).preview.text).toBe('Deleted message')
  })

  test('shows not sent before typing, typing before the draft, the draft before the message', () => {
    expect(state({ draft: 'soon' }).preview).toEqual({ kind: 'draft', text: 'soon' })
    expect(state({ draft: 'soon', typing: ['ana'] }).preview).toEqual({ kind: 'typing', text: 'ana is typing…' })
    expect(state({ draft: 'soon', typing: ['ana'], conversation: conversation(1, { not_sent: 1 }) }).preview.kind).toBe('failed')
  })

  test('names two who type, and counts more', () => {
    expect(state({ typing: ['ana', 'ben'] }).preview.text).toBe('ana and ben are typing…')
    expect(state({ typing: ['ana', 'ben', 'cleo'] }).preview.text).toBe('Several people are typing…')
  })

  test('has one slot: mentions, then a count that calls or only tells, then the dot of the muted', () => {
    expect(state({ conversation: conversation(1, { unread: 9, mentions: 2 }) }).slot).toEqual({ kind: 'mentions', count: 2 })
    expect(state({ conversation: conversation(1, { with: ana, unread: 4, mentions: 1 }) }).slot).toEqual({ kind: 'direct', count: 4 })
    expect(state({ conversation: conversation(1, { unread: 12 }) }).slot).toEqual({ kind: 'plain', count: 12 })
    const muted = { notify: 'all' as const, pinned: false, archived: false, muted_until: 2000 }
    expect(state({ conversation: conversation(1, { unread: 12, preferences: muted }) })).toMatchObject({ slot: { kind: 'dot' }, muted: true, unread: false })
    expect(state({ conversation: conversation(1, { unread: 12, preferences: { ...muted, muted_until: 500 } }) }).muted).toBe(false)
    expect(state({}).slot).toBeUndefined()
  })

  test('is said with all it shows', () => {
    const room = conversation(1, { unread: 4, mentions: 2, preferences: { notify: 'nothing', pinned: false, archived: false } })
    expect(rowLabel('Design room', state({ conversation: room, draft: 'soon' }), room, undefined)).toBe('Design room, 4 unread, 2 mentions, muted, Draft, soon')
  })
})

describe('the list', () => {
  const direct = conversation(1, { with: ana, unread: 2 })
  const group = conversation(2, { unread: 5, mentions: 1 })
  const quiet = conversation(3)
  const away = conversation(4, { preferences: { notify: 'all', pinned: false, archived: true } })
  const all = [direct, group, quiet, away]
  const ids = (list: { id: number }[]) => list.map((one) => one.id)

  test('is filtered by its chips, and keeps the open conversation under Unread', () => {
    expect(ids(shown(all, 'all', undefined))).toEqual([1, 2, 3])
    expect(ids(shown(all, 'unread', 3))).toEqual([1, 2, 3])
    expect(ids(shown(all, 'direct', undefined))).toEqual([1])
    expect(ids(shown(all, 'groups', undefined))).toEqual([2, 3])
  })

  test('keeps its order while it is held, new ones first', () => {
    expect(ids(keepOrder([group, direct, quiet], [1, 2]))).toEqual([3, 1, 2])
    expect(ids(keepOrder([group, direct], undefined))).toEqual([2, 1])
  })

  test('counts what calls: direct messages and mentions, nothing muted', () => {
    expect(countCalls(all, 0)).toBe(3)
    expect(countCalls([{ ...direct, preferences: { ...direct.preferences, notify: 'nothing' } }], 0)).toBe(0)
  })

  test('is walked with Alt and arrows, round the ends, or over unread ones only', () => {
    expect(neighbour([direct, group, quiet], 1, 1, false)).toBe(2)
    expect(neighbour([direct, group, quiet], 1, -1, false)).toBe(3)
    expect(neighbour([direct, group, quiet], 2, 1, true)).toBe(1)
    expect(neighbour([direct, group, quiet], undefined, -1, false)).toBe(3)
    expect(neighbour([direct], 1, 1, false)).toBeUndefined()
  })
})
