import { atom } from 'nanostores'
import type { OwnChange, SessionState } from './api.ts'
import { retryDelay, sleep } from './backoff.ts'
import { asMadangError, type MadangError } from './errors.ts'
import type { Rest } from './rest.ts'
import type { Me, OwnAccount, Session, Sessions, SignedIn, Welcome } from './types.ts'

type SignedInState = SessionState & { state: 'signed-in' }

interface Parts {
  rest: Rest
  /** Whether the page holds the token itself, because the server's cookie does not reach it. */
  keepToken: boolean
  onSignedIn: (account: OwnAccount) => void
  onSignedOut: () => void
}

/** Who is signed in on this device. */
export class SessionStore {
  readonly state = atom<SessionState>({ state: 'unknown' })
  private asking = 0
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
  }

  get account(): OwnAccount | undefined {
    const state = this.state.get()
    return state.state === 'signed-in' ? state.account : undefined
  }

  /** Asks the server who one is, until it answers. */
  async start(): Promise<void> {
    const asking = ++this.asking
    for (let tries = 0; asking === this.asking; tries++) {
      try {
        const { account, session } = await this.parts.rest.get<Me>('me')
        if (asking === this.asking) this.enter({ state: 'signed-in', account, session })
        return
      } catch (reason) {
        const error = asMadangError(reason)
        if (isSignedOut(error)) return this.leave()
        if (!error.retryable) throw error
        await sleep(error.retry_after_ms ?? retryDelay(tries))
      }
    }
  }

  /** No more questions are asked. */
  stop(): void {
    this.asking += 1
  }

  welcome(): Promise<Welcome> {
    return this.parts.rest.get('welcome')
  }

  async signIn(path: 'accounts' | 'sessions', body: Record<string, unknown>): Promise<void> {
    this.stop()
    const { account, session, token } = await this.parts.rest.post<SignedIn>(path, withoutEmpty(body))
    if (this.parts.keepToken) this.parts.rest.token = token
    this.enter({ state: 'signed-in', account, session })
  }

  async signOut(): Promise<void> {
    try {
      await this.parts.rest.delete('sessions/current')
    } catch (reason) {
      // A session that is gone already is what was wanted.
      if (!isSignedOut(asMadangError(reason))) throw reason
    }
    this.leave()
  }

  /** The server does not know this session any more. */
  end(reason: 'ended' | 'expired'): void {
    if (this.state.get().state === 'signed-in') this.leave(reason)
  }

  leave(reason?: 'ended' | 'expired'): void {
    this.stop()
    if (this.parts.keepToken) this.parts.rest.token = undefined
    this.state.set({ state: 'signed-out', ...(reason && { reason }) })
    this.parts.onSignedOut()
  }

  setAccount(account: OwnAccount): void {
    const state = this.state.get()
    if (state.state === 'signed-in' && state.account.id === account.id) this.state.set({ ...state, account })
  }

  async sessions(): Promise<Session[]> {
    return (await this.parts.rest.get<Sessions>('sessions')).sessions
  }

  async endSession(id: number): Promise<void> {
    await this.parts.rest.delete(`sessions/${id}`)
  }

  async endOtherSessions(): Promise<void> {
    await this.parts.rest.delete('sessions/others')
  }

  async changePassword(current_password: string, new_password: string): Promise<void> {
    await this.parts.rest.put('me/password', { current_password, new_password })
  }

  changeMe(changes: OwnChange): Promise<OwnAccount> {
    return this.parts.rest.patch('me', changes)
  }

  private enter(state: SignedInState): void {
    this.state.set(state)
    this.parts.onSignedIn(state.account)
  }
}

function isSignedOut(error: MadangError): boolean {
  return error.code === 'unauthorized' || error.code === 'expired'
}

function withoutEmpty(body: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined && value !== ''))
}
