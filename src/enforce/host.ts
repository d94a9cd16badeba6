/** Reads which host a request is for (RFC 9112 §3.2). */

import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'
import { type Denial, malformed } from '../core/denial.ts'

const missing = malformed('Host header is missing or empty')
const invalid = malformed('Host header must be a host name or an address, with or without a port')

/** A name or an IPv4 address; the root's dot at its end says nothing. */
const named = /^([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?(?::[0-9]{1,5})?$/
const bracketed = /^(\[([0-9a-f:.]+)\])(?::[0-9]{1,5})?$/

/** What was read last: most requests of a server name one host. */
let latest: { readonly written: string; readonly host: string | Denial } = { written: '', host: missing }

/** The host in lower case, without its port; empty where HTTP/1.0 named none. */
export function readHost({ headers, httpVersion }: IncomingMessage): string | Denial {
  const written = headers.host
  if (written === undefined && httpVersion === '1.0') return ''
  if (written === undefined || written === '') return missing
  if (written !== latest.written) latest = { written, host: judge(written.toLowerCase()) }
  return latest.host
}

function judge(written: string): string | Denial {
  const [, name] = named.exec(written) ?? []
  if (name !== undefined) return name
  const [, literal, address] = bracketed.exec(written) ?? []
  return literal !== undefined && address !== undefined && isIPv6(address) ? literal : invalid
}
