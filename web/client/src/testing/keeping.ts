import { MemoryStorage, type KeptFile, type KeptUpload } from '../outboxDb.ts'

/** A storage that can keep files, as the browser's database can. */
export class KeepingStorage extends MemoryStorage {
  readonly files = new Map<string, KeptFile>()

  keepFile(kept: KeptFile): Promise<void> {
    this.files.set(kept.id, kept)
    return Promise.resolve()
  }

  setAddress(id: string, address: string): Promise<void> {
    const kept = this.files.get(id)
    if (kept) this.files.set(id, { ...kept, address })
    return Promise.resolve()
  }

  dropFile(id: string): Promise<void> {
    this.files.delete(id)
    return Promise.resolve()
  }

  fileOf(id: string): Promise<KeptFile | undefined> {
    return Promise.resolve(this.files.get(id))
  }

  kept(): Promise<KeptUpload[]> {
    return Promise.resolve([...this.files.values()])
  }
}
