import type { WritableAtom } from 'nanostores'
import type { Upload } from './api.ts'
import { inTime } from './backoff.ts'
import { final } from './errors.ts'
import { find, refused, revived, uploadsLost, type OutboxItem, type Queue } from './outbox.ts'
import type { Shelf } from './shelf.ts'
import type { Tabs } from './tabs.ts'

/** Files are worth more patience than a message's words. */
const KEPT_MS = 30_000

interface Parts {
  queue: WritableAtom<Queue>
  shelf: Shelf
  tabs: Tabs
  /** The message is not what it was: it is kept anew, and sent when it can be. */
  onChanged: (clientId: string) => void
  /** Nothing is left of the message. */
  onEmptied: (clientId: string) => void
}

/** The files of what waits to be sent: followed on their way, and taken over from pages that are gone. */
export class WaitingFiles {
  private readonly followed = new Set<string>()
  private readonly reviving = new Set<string>()
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
    parts.tabs.leading.listen(() => this.follow())
  }

  /** Files of a message that was just written. */
  add(clientId: string, uploads: Upload[]): void {
    for (const upload of uploads) {
      this.parts.shelf.hold(upload.id)
      this.watch(clientId, upload)
    }
  }

  /** The leader tells whose files will not come any more. */
  follow(): void {
    if (!this.parts.tabs.leading.get()) return
    for (const item of this.parts.queue.get()) if (item.elsewhere_uploads > 0) void this.followTab(item.tab)
  }

  /** Nobody sends the files of that tab any more: what was kept of them goes on here, the others are lost. */
  async goOnFor(tab: string): Promise<void> {
    const left = this.parts.queue.get().filter((item) => item.tab === tab && item.elsewhere_uploads > 0)
    await Promise.all(left.map(({ client_id }) => this.goOn(client_id)))
  }

  private async goOn(clientId: string): Promise<void> {
    if (this.reviving.has(clientId)) return
    this.reviving.add(clientId)
    const { queue, shelf, tabs } = this.parts
    const { upload_ids = [], elsewhere_uploads = 0 } = find(queue.get(), clientId) ?? {}
    const isWhole = upload_ids.length === elsewhere_uploads
    let isAwaited = true
    const uploads = isWhole ? await inTime(KEPT_MS, shelf.goOn(upload_ids, () => isAwaited)) : undefined
    isAwaited = false
    this.reviving.delete(clientId)
    if (!find(queue.get(), clientId)) return uploads?.forEach((upload) => upload.cancel())
    queue.set(uploads ? revived(queue.get(), clientId, uploads, tabs.id) : uploadsLost(queue.get(), clientId))
    for (const upload of uploads ?? []) this.watch(clientId, upload)
    this.parts.onChanged(clientId)
  }

  private async followTab(tab: string): Promise<void> {
    if (this.followed.has(tab)) return
    this.followed.add(tab)
    try {
      await this.parts.tabs.untilClosed(tab)
      await this.goOnFor(tab)
    } catch {
      return // This tab was closed first.
    } finally {
      this.followed.delete(tab)
    }
  }

  private watch(clientId: string, upload: Upload): void {
    const stop = upload.progress.listen(({ state }) => {
      const item = find(this.parts.queue.get(), clientId)
      if (!item || item.answer) return stop()
      if (state === 'cancelled') this.drop(item, upload)
      else if (!this.fail(clientId, upload) && state !== 'done') return
      this.parts.onChanged(clientId)
    })
    this.fail(clientId, upload)
  }

  /** Whether the file cannot be stored: then its message has failed. */
  private fail(clientId: string, upload: Upload): boolean {
    const { state, error } = upload.progress.get()
    if (state !== 'failed' || !error) return false
    this.parts.queue.set(refused(this.parts.queue.get(), clientId, final(error), Date.now()))
    return true
  }

  /** A cancelled file leaves its message; a message of nothing leaves too. */
  private drop(item: OutboxItem, upload: Upload): void {
    const { queue, onEmptied } = this.parts
    const uploads = item.uploads.filter((other) => other !== upload)
    if (uploads.length === 0 && item.files.length === 0 && item.text.trim() === '') onEmptied(item.client_id)
    else queue.set(queue.get().map((other) => (other === item ? { ...item, uploads } : other)))
  }
}
