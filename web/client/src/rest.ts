import { MadangError, noAnswer } from './errors.ts'
import type { ErrorBody } from './types.ts'

const API = '/api/v1'

/** The HTTP interface: JSON in, JSON out, refusals as MadangError. */
export class Rest {
  /** A bearer token; without one the session cookie is sent. */
  token: string | undefined
  readonly url: string
  private readonly onUnauthorized: (error: MadangError) => void

  constructor(url: string, token: string | undefined, onUnauthorized: (error: MadangError) => void) {
    this.url = url
    this.token = token
    this.onUnauthorized = onUnauthorized
  }

  get<Answer>(path: string): Promise<Answer> {
    return this.request('GET', path)
  }

  post<Answer>(path: string, body: unknown): Promise<Answer> {
    return this.request('POST', path, body)
  }

  patch<Answer>(path: string, body: unknown): Promise<Answer> {
    return this.request('PATCH', path, body)
  }

  put<Answer>(path: string, body: unknown): Promise<Answer> {
    return this.request('PUT', path, body)
  }

  delete<Answer>(path: string): Promise<Answer> {
    return this.request('DELETE', path)
  }

  /** The full address of a path of the interface. */
  address(path: string): string {
    return `${this.url}${API}/${path}`
  }

  headers(): Record<string, string> {
    return this.token ? { Authorization: `Bearer ${this.token}` } : {}
  }

  private async request<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(this.address(path), {
      method,
      headers: { ...this.headers(), ...(body !== undefined && { 'Content-Type': 'application/json' }) },
      credentials: this.token ? 'omit' : 'include',
      cache: 'no-store',
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }).catch(() => Promise.reject(noAnswer()))
    const text = await response.text().catch(() => Promise.reject(noAnswer()))
    if (response.ok) return (text ? JSON.parse(text) : {}) as Answer
    const error = errorFrom(response.status, text)
    if (response.status === 401) this.onUnauthorized(error)
    throw error
  }
}

/** The refusal in an answer's body; a proxy's own page becomes `unavailable`. */
export function errorFrom(status: number, text: string): MadangError {
  try {
    const { error } = JSON.parse(text) as { error?: ErrorBody }
    if (error?.code) return new MadangError(error)
  } catch {
    // Not ours: something between us and the server answered.
  }
  if (status === 413) return new MadangError({ code: 'too_large', message: 'This is too large for the server.', retryable: false })
  return new MadangError({ code: 'unavailable', message: `The server answered with status ${status}.`, retryable: status >= 500 })
}

/** Whether the server is not where the page comes from, so that its cookie does not reach it. */
export function isElsewhere(url: string): boolean {
  if (typeof location === 'undefined') return true
  return url !== '' && new URL(url, location.href).origin !== location.origin
}
