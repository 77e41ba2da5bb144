import type { MakeSockets, SocketLike, SocketPair } from '../sockets.ts'
import type { ErrorBody } from '../types.ts'

type Listener = (...args: unknown[]) => void
/** Answers a command: its data, a refusal by throwing, or `undefined` for no answer at all. */
export type Answer = (command: string, payload: Record<string, unknown>) => unknown

export class Refusal extends Error {
  readonly body: ErrorBody
  constructor(code: ErrorBody['code'], retryable = false, retry_after_ms?: number) {
    super(code)
    this.body = { code, message: code, retryable, ...(retry_after_ms !== undefined && { retry_after_ms }) }
  }
}

/** A socket whose other end is a test. */
export class FakeSocket implements SocketLike {
  connected = false
  attempts = 0
  onConnect: () => void = () => undefined
  answer: Answer = () => ({})
  readonly asked: { command: string; payload: Record<string, unknown> }[] = []
  private readonly listeners = new Map<string, Listener[]>()
  private readonly anyListeners: ((event: string, ...args: unknown[]) => void)[] = []
  private readonly unanswered = new Set<(reason: Error) => void>()

  connect(): void {
    this.attempts += 1
    queueMicrotask(() => this.onConnect())
  }

  disconnect(): void {
    this.lose('io client disconnect')
  }

  on(event: string, listener: (...args: never[]) => void): void {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener as Listener])
  }

  onAny(listener: (event: string, ...args: unknown[]) => void): void {
    this.anyListeners.push(listener)
  }

  emit(command: string, payload: unknown): void {
    this.asked.push({ command, payload: payload as Record<string, unknown> })
  }

  timeout(ms: number) {
    return { emitWithAck: (command: string, payload: unknown) => this.ask(ms, command, payload as Record<string, unknown>) }
  }

  /** An event from the server. */
  deliver(event: string, ...args: unknown[]): void {
    for (const listener of this.anyListeners) listener(event, ...args)
    for (const listener of this.listeners.get(event) ?? []) listener(...args)
  }

  /** The link is gone. */
  lose(reason = 'transport close'): void {
    if (!this.connected) return
    this.connected = false
    for (const reject of [...this.unanswered]) reject(new Error('socket has been disconnected'))
    this.unanswered.clear()
    this.deliver('disconnect', reason)
  }

  private ask(ms: number, command: string, payload: Record<string, unknown>): Promise<unknown> {
    this.asked.push({ command, payload })
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(() => reject(new Error('operation has timed out'))), ms)
      const settle = (done: () => void): void => {
        clearTimeout(timer)
        this.unanswered.delete(lost)
        done()
      }
      const lost = (reason: Error): void => settle(() => reject(reason))
      this.unanswered.add(lost)
      queueMicrotask(() => {
        try {
          const data = this.answer(command, payload)
          if (data !== undefined) settle(() => resolve({ ok: true, data }))
        } catch (refusal) {
          settle(() => resolve({ ok: false, error: (refusal as Refusal).body }))
        }
      })
    })
  }
}

export interface FakePair extends SocketPair {
  chat: FakeSocket
  notifications: FakeSocket
}

/** Both sockets of a client, and the way to hand them to it. */
export function fakePair(): { pair: FakePair; makeSockets: MakeSockets } {
  const chat = new FakeSocket()
  const notifications = new FakeSocket()
  const pair: FakePair = {
    chat,
    notifications,
    drop() {
      chat.lose('forced close')
      notifications.lose('forced close')
    },
  }
  return { pair, makeSockets: () => pair }
}
