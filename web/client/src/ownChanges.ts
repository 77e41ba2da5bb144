import type { Connection } from './connection.ts'
import type { AccountChange } from './types.ts'

interface Parts {
  connection: Connection
  apply: (change: AccountChange) => void
  /** Too much has happened: everything must be loaded anew. */
  reload: () => Promise<void>
}

/**
 * What happens to one's own account on any device: conversations that come and go, preferences, read marks, one's face.
 * Each change has a version, one higher than the last; a missing one is fetched, and the rest waits behind it.
 */
export class OwnChanges {
  private version = 0
  private heard = 0
  private fetching: Promise<void> | undefined
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
    const { chat } = parts.connection
    chat.on('receipt', (data) => {
      // Somebody else's mark has no version.
      if (data.account_version !== undefined) this.receive({ event: 'receipt', version: data.account_version, data })
    })
    chat.on('conversation_added', (data) => this.receive({ event: 'conversation_added', version: data.account_version, data }))
    chat.on('conversation_removed', (data) => this.receive({ event: 'conversation_removed', version: data.account_version, data }))
    chat.on('preferences_changed', (data) => this.receive({ event: 'preferences_changed', version: data.account_version, data }))
    chat.on('rules_changed', (data) => this.receive({ event: 'rules_changed', version: data.account_version, data }))
    chat.on('contact_changed', (data) => this.receive({ event: 'contact_changed', version: data.account_version, data }))
    chat.on('account_changed', (data) => this.receive({ event: 'account_changed', version: data.account_version, data }))
  }

  /** `ready` brings everything as it stands at this version. */
  startAt(version: number): void {
    this.version = version
    this.heard = version
  }

  /** The server is at `version`: fetches what is missing. */
  compare(version: number): Promise<void> {
    this.heard = Math.max(this.heard, version)
    return version > this.version ? this.fetch() : Promise.resolve()
  }

  private receive(change: AccountChange): void {
    this.heard = Math.max(this.heard, change.version)
    if (change.version <= this.version) return
    if (change.version > this.version + 1 || this.fetching) {
      void this.fetch()
      return
    }
    this.applyNewer(change)
  }

  private fetch(): Promise<void> {
    this.fetching ??= this.fetchAll().finally(() => (this.fetching = undefined))
    return this.fetching
  }

  private async fetchAll(): Promise<void> {
    const { connection } = this.parts
    let before: number
    do {
      before = this.version
      const after_version = before
      const answer = await connection.patiently(() => connection.chat.ask('fetch_account_changes', { after_version }))
      if (answer.reload) await this.parts.reload()
      for (const change of answer.changes) this.applyNewer(change)
      this.version = Math.max(this.version, answer.account_version)
      // Something may have been said while the answer was on its way.
    } while (this.version < this.heard && this.version > before)
  }

  private applyNewer(change: AccountChange): void {
    if (change.version <= this.version) return
    this.version = change.version
    this.parts.apply(change)
  }
}
