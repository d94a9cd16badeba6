/** What a failed call tells the client, and the log. */

import { type Denial, deny } from '../../core/denial.ts'

/** As thrown by undici, node:net and node:tls. */
interface Failure {
  readonly code?: unknown
  readonly message?: unknown
  readonly socket?: { readonly bytesRead?: unknown }
}

const timeouts: ReadonlySet<unknown> = new Set(['UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT'])

/** `upstream_timeout` or `upstream_failed`; why, is for the log alone. */
export function readFailure({ code, message }: Failure): Denial {
  const cause = [code, message].filter(Boolean).join(' ')
  return deny(timeouts.has(code) ? 'upstream_timeout' : 'upstream_failed', { cause })
}

/** Whether the other side had closed a connection that served a request before: the usual race of kept connections. */
export function isStale({ code, socket }: Failure): boolean {
  const closed = code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE'
  return closed && typeof socket?.bytesRead === 'number' && socket.bytesRead > 0
}
