import { atom } from 'nanostores'
import type { TellingRules } from './api.ts'
import type { Connection } from './connection.ts'
import type { NotificationRules, SetRules } from './types.ts'

/** What one wants to be told of, and when. Asked for when somebody needs it, and again when it was changed anywhere. */
export class RuleBook implements TellingRules {
  readonly current = atom<NotificationRules | undefined>()
  private asking: Promise<NotificationRules> | undefined
  /** One higher with each change that is heard of: what was asked for before says nothing of it. */
  private age = 0
  private readonly connection: Connection

  constructor(connection: Connection) {
    this.connection = connection
  }

  load(): Promise<NotificationRules> {
    const known = this.current.get()
    return known && Date.now() < known.quiet_known_until ? Promise.resolve(known) : this.ask()
  }

  async set(changes: SetRules): Promise<NotificationRules> {
    const rules = await this.connection.notifications.ask('set_rules', changes)
    this.age += 1
    this.current.set(rules)
    return rules
  }

  /** They may be others now. Whoever has not asked yet needs nothing. */
  changed(): void {
    this.age += 1
    if (this.current.get()) void this.ask().catch(() => this.current.set(undefined))
  }

  clear(): void {
    this.age += 1
    this.asking = undefined
    this.current.set(undefined)
  }

  private ask(): Promise<NotificationRules> {
    const asking = (this.asking ??= this.fetch().finally(() => {
      if (this.asking === asking) this.asking = undefined
    }))
    return asking
  }

  private async fetch(): Promise<NotificationRules> {
    for (;;) {
      const { age } = this
      // A page may be opened before there is a connection: that is no failure.
      const rules = await this.connection.patiently(() => this.connection.notifications.ask('get_rules', {}))
      if (age !== this.age) continue
      this.current.set(rules)
      return rules
    }
  }
}
