import { expect, test } from 'vitest'
import { MadangError } from './errors.ts'
import { again, answered, departed, due, fromStore, nextDue, reconnected, refused, shown, toStore, type OutboxItem } from './outbox.ts'

function item(client_id: string, changes: Partial<OutboxItem> = {}): OutboxItem {
  return {
    client_id,
    account_id: 1,
    conversation_id: 7,
    text: client_id,
    files: [],
    uploads: [],
    lost_uploads: 0,
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
  const slow = new MadangError({ code: 'rate_limited', message: 'Slower.', retryable: true, retry_after_ms: 45_000 })
  expect(refused(queue, 'a1', slow, 0)[0]?.not_before).toBe(45_000)
})

test('a new connection ends every wait and sends again what was in flight', () => {
  const queue = refused(departed([item('a1')], 'a1'), 'a1', busy, 1000)
  expect(names(due(reconnected(queue), 1000))).toEqual(['a1'])
  expect(names(due(reconnected(departed([item('a1')], 'a1')), 0))).toEqual(['a1'])
  expect(due(reconnected([item('a1', { progress: 'failed', error: forbidden })]), 0)).toEqual([])
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
  expect(fromStore(toStore(before, 'tab'))).toEqual(before)
  const failed = fromStore(toStore(refused([before], 'a1', forbidden, 0)[0]!, 'tab'))
  expect(failed).toMatchObject({ progress: 'failed', error: { code: 'forbidden', message: 'No.' } })
})

test('a message whose files were cut off says so, however often it is tried or stored', () => {
  const cut = fromStore({ ...toStore(item('a1'), 'tab'), unfinished_uploads: 1 })
  expect(cut).toMatchObject({ progress: 'failed', error: { code: 'upload_lost' } })
  expect(again([cut], 'a1')[0]?.progress).toBe('failed')
  expect(fromStore(toStore(cut, 'tab')).error?.code).toBe('upload_lost')
})
