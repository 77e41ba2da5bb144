import { Manager, type Socket } from 'socket.io-client'

/** What the connection needs of a socket.io-client socket; tests bring their own. */
export interface SocketLike {
  readonly connected: boolean
  connect(): unknown
  disconnect(): unknown
  on(event: string, listener: (...args: never[]) => void): unknown
  onAny(listener: (event: string, ...args: unknown[]) => void): unknown
  emit(event: string, ...args: unknown[]): unknown
  timeout(ms: number): { emitWithAck(event: string, ...args: unknown[]): Promise<unknown> }
}

export interface SocketPair {
  chat: SocketLike
  notifications: SocketLike
  /** Drops the link that carries both, as if the network had. */
  drop(): void
}

export type MakeSockets = (url: string, auth: () => Record<string, unknown>) => SocketPair

/** Both namespaces over one real link. When to try again is decided by the connection, not here. */
export const makeSockets: MakeSockets = (url, auth) => {
  const manager = new Manager(url || undefined, {
    autoConnect: false,
    reconnection: false,
    timeout: 10_000,
    // A WebSocket first saves three requests; polling stays for networks that block it.
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    withCredentials: true,
  })
  const open = (name: string): Socket => manager.socket(name, { auth: (give) => give(auth()) })
  return {
    chat: open('/chat'),
    notifications: open('/notifications'),
    drop: () => manager.engine?.close(),
  }
}
