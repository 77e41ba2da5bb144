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

  test('knows what still waits', async () => {
    const storage = make()
    await storage.put(stored('one', 1))
    expect([await storage.has('one'), await storage.has('two')]).toEqual([true, false])
    await storage.delete('one')
    expect(await storage.has('one')).toBe(false)
  })
})

test('what one page stores, the next one reads', async () => {
  const factory = new IDBFactory()
  await new IndexedDbStorage(factory).put(stored('one', 1))
  expect(await new IndexedDbStorage(factory).all()).toEqual([stored('one', 1)])
})

test('a file on its way is there with its address for the next page, until it is dropped', async () => {
  const factory = new IDBFactory()
  const storage = new IndexedDbStorage(factory)
  await storage.keepFile({ id: 'roof', tab: 'one', file: new File(['tiles'], 'roof.png') })
  await storage.setAddress('roof', '/uploads/roof')
  await storage.setAddress('gone', '/uploads/gone')
  const next = new IndexedDbStorage(factory)
  expect(await next.fileOf('roof')).toMatchObject({ id: 'roof', tab: 'one', address: '/uploads/roof', file: expect.anything() as unknown })
  expect(await next.kept()).toEqual([{ id: 'roof', tab: 'one', address: '/uploads/roof' }])
  await next.dropFile('roof')
  expect([await next.fileOf('roof'), await next.kept()]).toEqual([undefined, []])
})

test('what an older page kept is read by a newer one', async () => {
  const factory = new IDBFactory()
  await new Promise<void>((resolve, reject) => {
    const request = factory.open('madang', 2)
    request.onupgradeneeded = () => {
      request.result.createObjectStore('outbox', { keyPath: 'client_id' }).put(stored('one', 1))
      request.result.createObjectStore('files', { keyPath: 'id' }).createIndex('client_id', 'client_id')
    }
    request.onsuccess = () => {
      request.result.close()
      resolve()
    }
    request.onerror = () => reject(new Error('It does not open.'))
  })
  const storage = new IndexedDbStorage(factory)
  expect(await storage.all()).toEqual([stored('one', 1)])
  expect(await storage.kept()).toEqual([])
})

/** Opens or deletes the database as something else would, and closes it. */
function asked(request: IDBOpenDBRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      ;(request.result as IDBDatabase | undefined)?.close()
      resolve()
    }
    request.onblocked = () => reject(new Error('An open page stands in the way.'))
  })
}

test('site data that is deleted under an open page is begun anew', async () => {
  const factory = new IDBFactory()
  const storage = new IndexedDbStorage(factory)
  await storage.put(stored('one', 1))
  await asked(factory.deleteDatabase('madang'))
  await storage.put(stored('two', 2))
  expect(await storage.all()).toEqual([stored('two', 2)])
})

test('a newer page is let in, and the old one says that it can store nothing', async () => {
  const factory = new IDBFactory()
  const storage = new IndexedDbStorage(factory)
  await storage.put(stored('one', 1))
  await asked(factory.open('madang', 4))
  await expect(storage.put(stored('two', 2))).rejects.toThrow()
  await expect(storage.all()).rejects.toThrow()
})

test('a database that could not be opened is tried again', async () => {
  const factory = new IDBFactory()
  const open = factory.open.bind(factory)
  factory.open = () => {
    throw new Error('SecurityError')
  }
  const storage = new IndexedDbStorage(factory)
  await expect(storage.put(stored('one', 1))).rejects.toThrow('SecurityError')
  factory.open = open
  await storage.put(stored('two', 2))
  expect(await storage.all()).toEqual([stored('two', 2)])
})
