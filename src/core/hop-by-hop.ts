/** Header fields that concern one connection only (RFC 9110 §7.6.1): they end at each proxy. */

import type { IncomingHttpHeaders } from 'node:http'

export const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
])

const nothing: readonly string[] = []

/** The fields that `Connection` names, in lower case: they end here too. */
export function namedByConnection(connection: string | readonly string[] | undefined): readonly string[] {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return nothing
  return String(connection)
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
}

/** The headers as they go beyond this connection: where `Connection` names one that came, without those and itself. */
export function withoutNamed(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = namedByConnection(headers.connection)
  if (!named.some((name) => Object.hasOwn(headers, name))) return headers
  const ended = new Set([...named, 'connection'])
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ended.has(name)))
}
