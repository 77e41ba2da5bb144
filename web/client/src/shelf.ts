import type { Upload } from './api.ts'
import type { OutboxStorage } from './outboxDb.ts'
import { randomId } from './randomId.ts'
import type { Tabs } from './tabs.ts'
import type { UploadStart } from './uploads.ts'

interface Parts {
  storage: OutboxStorage
  tabs: Tabs
  /** Begins to send a file, or goes on with it. */
  start: (file: globalThis.File, about: UploadStart) => Upload
}

/**
 * The files on their way to the server, kept on this device: whatever becomes of the page, they go on where the server has them.
 *
 * A file is here before the first of its bytes is sent, and stays until it is stored, or the message it is for is gone.
 */
export class Shelf {
  /** The uploads of this page. */
  private readonly mine = new Set<string>()
  /** Those of messages, which let go of them once they are stored without. */
  private readonly held = new Set<string>()
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
  }

  /** Keeps a file that was just chosen, and begins to send it. */
  begin(file: globalThis.File): Upload {
    const id = randomId()
    const upload = this.parts.start(file, { id, kept: this.keep(id, file) })
    this.follow(upload)
    return upload
  }

  /** Goes on with what another page began; nothing when not all of it was kept, or nobody waits for it any more. */
  async goOn(ids: readonly string[], isAwaited: () => boolean): Promise<Upload[] | undefined> {
    const kept = await Promise.all(ids.map(async (id) => this.parts.storage.fileOf?.(id)))
    if (!isAwaited()) return undefined
    const uploads: Upload[] = []
    for (const one of kept) {
      if (!one) return undefined
      const { id, file, address } = one
      uploads.push(this.parts.start(file, { id, kept: Promise.resolve(true), ...(address && { address }) }))
    }
    for (const upload of uploads) {
      this.hold(upload.id)
      this.follow(upload)
    }
    return uploads
  }

  /** The file is a message's now: it stays until `drop`. */
  hold(id: string): void {
    this.held.add(id)
  }

  /** Lets go of what is stored, or wanted no more. */
  drop(ids: readonly string[]): void {
    for (const id of ids) this.parts.storage.dropFile?.(id).catch(() => undefined)
  }

  /** Lets go of what was chosen in a tab that is closed by now, or in this one before it was loaded anew, and never sent. */
  async sweep(): Promise<void> {
    const { storage, tabs } = this.parts
    const chosen = (await storage.kept?.()) ?? []
    const sweepOf = async (tab: string): Promise<void> => {
      if (tab !== tabs.id) await tabs.untilClosed(tab)
      const wanted = new Set((await storage.all()).flatMap((message) => message.upload_ids ?? []))
      this.drop(chosen.filter((one) => one.tab === tab && !this.mine.has(one.id) && !wanted.has(one.id)).map(({ id }) => id))
    }
    await Promise.all([...new Set(chosen.map((one) => one.tab))].map(sweepOf))
  }

  private async keep(id: string, file: globalThis.File): Promise<boolean> {
    try {
      if (!this.parts.storage.keepFile) return false
      await this.parts.storage.keepFile({ id, tab: this.parts.tabs.id, file })
      return true
    } catch {
      return false // No room, or forbidden: whoever shows the upload says so.
    }
  }

  private follow(upload: Upload): void {
    const { id } = upload
    this.mine.add(id)
    let address = upload.progress.get().address
    upload.progress.listen((now) => {
      if (now.state === 'cancelled' || (now.state === 'done' && !this.held.has(id))) this.drop([id])
      if (now.address === address || !now.address) return
      address = now.address
      this.parts.storage.setAddress?.(id, address).catch(() => undefined)
    })
  }
}
