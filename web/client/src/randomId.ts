const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Random url-safe characters: 22 of them are 132 bits. Works without HTTPS, where `randomUUID` does not. */
export function randomId(length = 22): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => LETTERS[byte & 63]).join('')
}

/** A label for a message: unlike all others, and beginning with the time, so that a server's index keeps new ones together. */
export function newClientId(): string {
  return Date.now().toString(36).padStart(9, '0') + randomId(15)
}
