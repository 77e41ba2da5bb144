import { expect, test } from 'vitest'
import { MadangError, noAnswer } from './errors.ts'
import {
  again, answered, departed, due, fromStore, isNext, merged, nextDue, reconnected, refused, shown, toStore, uploadsLost, writtenAfter,
  type OutboxItem,
} from './outbox.ts'

function item(client_id: string, changes: Partial<OutboxItem> = {}): OutboxItem {
  return {
    client_id,
    account_id: 1,
    conversation_id: 7,
    text: client_id,
    files: [],
    uploads: [],
    elsewhere_uploads: 0,
    upload_ids: [],
    lost_uploads: 0,
    tab: 'tab',
    queued_at: 1,
    progress: 'waiting',
    tries: 0,
    not_before: 0,
    ...changes,
  }
}

const busy = new MadangError({ code: 'busy', message: 'Busy.', retryable: true })
const forbidden = new MadangError({ code: 'forbidden', message: 'No.', retryable: false })
const names = (items: OutboxItem[]): string[] => items.map((one) => one.client_id)

test('one message of each conversation goes at a time, in the order written', () => {
  let queue = [item('a1'), item('b1', { conversation_id: 8 }), item('a2')] as readonly OutboxItem[]
  expect(names(due(queue, 0))).toEqual(['a1', 'b1'])
  queue = departed(queue, 'a1')
  expect(names(due(queue, 0))).toEqual(['b1'])
  queue = answered(queue, 'a1', { conversation_id: 7, seq: 4, sent_at: 9, duplicate: false })
  expect(names(due(queue, 0))).toEqual(['b1', 'a2'])
})

test('a message that waits for another try holds up those behind it; one that failed does not', () => {
  const queue = departed([item('a1'), item('a2')], 'a1')
  const waiting = refused(queue, 'a1', busy, 1000)
  expect(due(waiting, 1000)).toEqual([])
  expect(nextDue(waiting, 1000)).toBe(2000)
  expect(names(due(waiting, 2000))).toEqual(['a1'])
  expect(names(due(refused(queue, 'a1', forbidden, 1000), 1000))).toEqual(['a2'])
})

test('tries are 1, 2, 4 ... 30 seconds apart, or as the server asks', () => {
  let queue = [item('a1')] as readonly OutboxItem[]
  const waits = [1, 2, 4, 8, 16, 30, 30].map((seconds) => seconds * 1000)
  for (const wait of waits) {
    queue = refused(departed(queue, 'a1'), 'a1', busy, 0)
    expect(queue[0]?.not_before).toBe(wait)
  }
  const silence = refused(departed(queue, 'a1'), 'a1', noAnswer(), 0)
  expect(silence[0]?.not_before).toBe(1000)
  const slow = new MadangError({ code: 'rate_limited', message: 'Slower.', retryable: true, retry_after_ms: 45_000 })
  expect(refused(queue, 'a1', slow, 0)[0]?.not_before).toBe(45_000)
})

test('a new connection ends every wait and sends again what was in flight', () => {
  const queue = refused(departed([item('a1')], 'a1'), 'a1', busy, 1000)
  expect(names(due(reconnected(queue), 1000))).toEqual(['a1'])
  expect(names(due(reconnected(departed([item('a1')], 'a1')), 0))).toEqual(['a1'])
  expect(due(reconnected([item('a1', { progress: 'failed', error: forbidden })]), 0)).toEqual([])
})

test('of all tabs, what was written first is next', () => {
  const here = item('here', { queued_at: 5 })
  const there = item('there', { queued_at: 3, tab: 'other' })
  const queue = merged([here], there)
  expect(names([...queue])).toEqual(['there', 'here'])
  expect(isNext(queue, here)).toBe(false)
  expect(isNext(refused(queue, 'there', forbidden, 0), here)).toBe(true)
  expect(isNext(merged([here], item('else', { queued_at: 3, conversation_id: 8 })), here)).toBe(true)
})

test('another tab tells of a refusal or of another try, not of what only this one knows', () => {
  const failed = item('a1', { progress: 'failed', error: forbidden })
  expect(merged(departed([item('a1')], 'a1'), failed)[0]?.progress).toBe('failed')
  expect(merged([failed], item('a1'))[0]).toMatchObject({ progress: 'waiting' })
  expect(merged([failed], item('a1'))[0]?.error).toBeUndefined()
  expect(merged(departed([item('a1')], 'a1'), item('a1'))[0]?.progress).toBe('in-flight')
  const sent = answered([item('a1')], 'a1', { conversation_id: 7, seq: 4, sent_at: 9, duplicate: false })
  expect(merged(sent, failed)).toBe(sent)
})

test('what is written after a clock went back stays behind what was written before', () => {
  const queue = [item('there', { tab: 'other', queued_at: 1 }), item('b1', { queued_at: 4 }), item('b2', { queued_at: 5 })]
  const put = writtenAfter(queue, 'tab', 9000)
  expect(put.map((one) => [one.client_id, one.queued_at])).toEqual([['there', 1], ['b1', 9001], ['b2', 9002]])
  expect(writtenAfter(queue, 'tab', 3)).toBe(queue)
})

test('uploads of a closed tab are lost, those of an open one block what is behind them', () => {
  const stored = { ...toStore(item('a1', { tab: 'other' })), unfinished_uploads: 1 }
  const queue = [fromStore(stored, true), item('a2', { queued_at: 2 })]
  expect(due(queue, 0)).toEqual([])
  const lost = uploadsLost(queue, 'a1')
  expect(lost[0]).toMatchObject({ progress: 'failed', lost_uploads: 1, elsewhere_uploads: 0 })
  expect(names(due(lost, 0))).toEqual(['a2'])
})

test('what is shown: sending, waiting, failed, sent', () => {
  expect(shown(item('a1'), true).state).toBe('sending')
  expect(shown(item('a1'), false).state).toBe('waiting')
  expect(shown(refused([item('a1')], 'a1', busy, 0)[0]!, true).state).toBe('waiting')
  const failed = shown(refused([item('a1')], 'a1', forbidden, 0)[0]!, true)
  expect(failed).toMatchObject({ state: 'failed', error: { code: 'forbidden' }, message: { seq: 0 } })
  const sent = shown(answered([item('a1')], 'a1', { conversation_id: 7, seq: 4, sent_at: 9, duplicate: false })[0]!, true)
  expect(sent).toMatchObject({ state: 'sent', key: 'a1', message: { seq: 4, sent_at: 9 } })
})

test('a message comes back from disk as it was', () => {
  const file = { id: 3, name: 'a.png', media_type: 'image/png', size_bytes: 1, url: '/f' }
  const before = item('a1', { files: [file], reply_to: { seq: 2, sender_id: 5, excerpt: 'what' } })
  expect(fromStore(toStore(before), true)).toEqual(before)
  const failed = fromStore(toStore(refused([before], 'a1', forbidden, 0)[0]!), true)
  expect(failed).toMatchObject({ progress: 'failed', error: { code: 'forbidden', message: 'No.' } })
})

test('a message whose files were cut off says so, however often it is tried or stored', () => {
  const cut = fromStore({ ...toStore(item('a1')), unfinished_uploads: 1 }, false)
  expect(cut).toMatchObject({ progress: 'failed', error: { code: 'upload_lost' } })
  expect(again([cut], 'a1')[0]?.progress).toBe('failed')
  expect(fromStore(toStore(cut), true).error?.code).toBe('upload_lost')
})
