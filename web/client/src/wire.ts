import type { Ack, ChatCommands, ChatEvents, NotificationCommands, NotificationEvents } from './types.ts'

type Payload<Command> = Command extends (payload: infer Taken, ack: Ack<infer _Data>) => void ? Taken : never
type Data<Command> = Command extends (payload: infer _Taken, ack: Ack<infer Given>) => void ? Given : never

/** One namespace, as the stores see it. */
export interface Wire<Commands, Events> {
  /** The reply's data. Rejects with MadangError: the refusal, `not_connected`, or `no_answer`, which means unknown. */
  ask<Name extends keyof Commands & string>(name: Name, payload: Payload<Commands[Name]>): Promise<Data<Commands[Name]>>
  /** Sent if there is a connection, and nobody waits for an answer. */
  tell<Name extends keyof Commands & string>(name: Name, payload: Payload<Commands[Name]>): void
  on<Name extends keyof Events & string>(event: Name, listener: Events[Name]): void
}

export type ChatWire = Wire<ChatCommands, ChatEvents>
export type InboxWire = Wire<NotificationCommands, NotificationEvents>
