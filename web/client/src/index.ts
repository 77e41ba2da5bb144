import type { Madang, MadangOptions } from './api.ts'

export type * from './api.ts'
export type * from './types.ts'
export type { OutboxStorage, StoredSend } from './outboxDb.ts'
export type { File as StoredFile } from './types.ts'
export { MadangError } from './errors.ts'

/** A client for one server. Nothing happens until `start`. */
export declare function createMadang(options?: MadangOptions): Madang
