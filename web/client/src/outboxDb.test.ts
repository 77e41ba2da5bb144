import { IDBFactory } from 'fake-indexeddb'
import { describe, expect, test } from 'vitest'
import { IndexedDbStorage, MemoryStorage, type OutboxStorage, type StoredSend } from './outboxDb.ts'

function stored(client_id: string, queued_at: number): StoredSend {
  return { client_id, account_id: 1, conversation_id: 7, text: 'hello', files: [], unfinished_uploads: 0, queued_at, tab: 'tab' }
}

const kinds: [string, () => OutboxStorage][] = [
  ['the browser database', () => new IndexedDbStorage(new IDBFactory())],
  ['memory', () => new MemoryStorage()],
]

describe.each(kinds)('%s', (_name, make) => {
  test('keeps messages in the order written', async () => {
    const storage = make()
    await storage.put(stored('second', 2))
    await storage.put(stored('first', 1))
    expect(await storage.all()).toEqual([stored('first', 1), stored('second', 2)])
  })

  test('a message that is put and deleted at once is gone, and one put again is new', async () => {
    const storage = make()
    const all = [storage.put(stored('one', 1)), storage.delete('one'), storage.put(stored('two', 2)), storage.put({ ...stored('two', 2), text: 'changed' })]
    await Promise.all(all)
    expect(await storage.all()).toEqual([{ ...stored('two', 2), text: 'changed' }])
  })
})

test('what one page stores, the next one reads', async () => {
  const factory = new IDBFactory()
  await new IndexedDbStorage(factory).put(stored('one', 1))
  expect(await new IndexedDbStorage(factory).all()).toEqual([stored('one', 1)])
})
