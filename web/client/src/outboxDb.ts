import type { ErrorFacts } from './errors.ts'
import type { Quote, File as StoredFile } from './types.ts'

const DATABASE = 'madang'
const STORE = 'outbox'
const FILES = 'files'
const UPLOADS = 'uploads'

/** A message as it waits on disk. */
export interface StoredSend {
  client_id: string
  account_id: number
  conversation_id: number
  text: string
  reply_to?: Quote
  files: StoredFile[]
  /** How many uploads were not finished. */
  unfinished_uploads: number
  /** Which: after a reload they go on, if all of their files were kept. */
  upload_ids?: string[]
  queued_at: number
  /** The tab that wrote it, and uploads its files. */
  tab: string
  error?: ErrorFacts
}

/** Where the outbox keeps messages until they are sent. Calls take effect in the order made. */
export interface OutboxStorage {
  /** Everything that waits, of every account and tab, in the order written. */
  all(): Promise<StoredSend[]>
  put(item: StoredSend): Promise<void>
  delete(clientId: string): Promise<void>
  /** Whether it still waits: of several tabs, one has sent it when it does not. */
  has(clientId: string): Promise<boolean>
  // A storage that can keep files has these too.
  keepFile?(kept: KeptFile): Promise<void>
  /** Where the server takes what follows of that upload. */
  setAddress?(id: string, address: string): Promise<void>
  dropFile?(id: string): Promise<void>
  fileOf?(id: string): Promise<KeptFile | undefined>
  /** All that is kept, without the files. */
  kept?(): Promise<KeptUpload[]>
}

/** An upload that was on its way. */
export interface KeptUpload {
  id: string
  /** The tab in which its file was chosen. */
  tab: string
  address?: string
}

export interface KeptFile extends KeptUpload {
  file: globalThis.File
}

/** Messages that are gone when the program ends: for Node, and for browsers that keep nothing. */
export class MemoryStorage implements OutboxStorage {
  private readonly items = new Map<string, StoredSend>()

  all(): Promise<StoredSend[]> {
    return Promise.resolve(inOrder([...this.items.values()].map((item) => structuredClone(item))))
  }

  put(item: StoredSend): Promise<void> {
    this.items.set(item.client_id, structuredClone(item))
    return Promise.resolve()
  }

  delete(clientId: string): Promise<void> {
    this.items.delete(clientId)
    return Promise.resolve()
  }

  has(clientId: string): Promise<boolean> {
    return Promise.resolve(this.items.has(clientId))
  }
}

/** Messages in the browser's database: they survive a reload, and all tabs see the same ones. */
export class IndexedDbStorage implements OutboxStorage {
  private opened: Promise<IDBDatabase> | undefined
  private readonly factory: IDBFactory

  constructor(factory: IDBFactory) {
    this.factory = factory
  }

  async all(): Promise<StoredSend[]> {
    return inOrder((await this.run('readonly', (store) => store.getAll())) as StoredSend[])
  }

  async put(item: StoredSend): Promise<void> {
    await this.run('readwrite', (store) => store.put(item))
  }

  async delete(clientId: string): Promise<void> {
    await this.run('readwrite', (store) => store.delete(clientId))
  }

  async has(clientId: string): Promise<boolean> {
    return (await this.run('readonly', (store) => store.count(clientId))) > 0
  }

  async keepFile({ file, ...upload }: KeptFile): Promise<void> {
    // What has no name is never found again, so that comes first.
    await this.run('readwrite', (store) => store.put(upload), UPLOADS)
    await this.run('readwrite', (store) => store.put({ id: upload.id, file }), FILES)
  }

  async setAddress(id: string, address: string): Promise<void> {
    const upload = await this.uploadOf(id)
    if (upload) await this.run('readwrite', (store) => store.put({ ...upload, address }), UPLOADS)
  }

  async dropFile(id: string): Promise<void> {
    await this.run('readwrite', (store) => store.delete(id), FILES)
    await this.run('readwrite', (store) => store.delete(id), UPLOADS)
  }

  async fileOf(id: string): Promise<KeptFile | undefined> {
    const upload = await this.uploadOf(id)
    const kept = (await this.run('readonly', (store) => store.get(id), FILES)) as { file: globalThis.File } | undefined
    return upload && kept && { ...upload, file: kept.file }
  }

  async kept(): Promise<KeptUpload[]> {
    return (await this.run('readonly', (store) => store.getAll(), UPLOADS)) as KeptUpload[]
  }

  private async uploadOf(id: string): Promise<KeptUpload | undefined> {
    return (await this.run('readonly', (store) => store.get(id), UPLOADS)) as KeptUpload | undefined
  }

  private async run<Result>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<Result>, name = STORE): Promise<Result> {
    const transaction = await this.begin(mode, name)
    return new Promise((resolve, reject) => {
      const request = work(transaction.objectStore(name))
      transaction.oncomplete = () => resolve(request.result)
      transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error('The browser could not store it.'))
      // The page may be closed before the request's answer is here, and an uncommitted write would go with it.
      if (mode === 'readwrite') transaction.commit()
    })
  }

  private async begin(mode: IDBTransactionMode, name: string): Promise<IDBTransaction> {
    const database = await this.database()
    try {
      return database.transaction(name, mode)
    } catch {
      // Closed under us: by the browser, by a person who deleted the site's data, by a newer page.
      this.opened = undefined
      return (await this.database()).transaction(name, mode)
    }
  }

  private database(): Promise<IDBDatabase> {
    this.opened ??= this.open().catch((reason: unknown) => {
      this.opened = undefined
      throw reason
    })
    return this.opened
  }

  private open(): Promise<IDBDatabase> {
    return new Promise((resolve, reject) => {
      const request = this.factory.open(DATABASE, 3)
      request.onupgradeneeded = ({ oldVersion }) => {
        if (oldVersion < 1) request.result.createObjectStore(STORE, { keyPath: 'client_id' })
        if (oldVersion === 2) request.result.deleteObjectStore(FILES)
        for (const store of [FILES, UPLOADS]) request.result.createObjectStore(store, { keyPath: 'id' })
      }
      request.onsuccess = () => {
        // Another tab with a newer page wants to change the database: let it.
        request.result.onversionchange = () => request.result.close()
        resolve(request.result)
      }
      request.onerror = () => reject(request.error ?? new Error('The browser has no database for us.'))
    })
  }
}

/** The browser's database, or memory where there is none. */
export function defaultStorage(): OutboxStorage {
  return typeof indexedDB === 'undefined' ? new MemoryStorage() : new IndexedDbStorage(indexedDB)
}

function inOrder(items: StoredSend[]): StoredSend[] {
  return items.sort((one, other) => one.queued_at - other.queued_at)
}
