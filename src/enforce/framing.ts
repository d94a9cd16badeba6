/** Refuses requests whose extent or connection two parties could read in two ways (RFC 9112 §6 and §11). */

import type { IncomingMessage } from 'node:http'
import { type Denial, deny, malformed } from '../core/denial.ts'
import { namedByConnection } from '../core/hop-by-hop.ts'
import { offersUpgrade } from './closing.ts'

/** Where the next request starts is in doubt: this one is the connection's last. */
const close = ['Connection', 'close']
const last = (message: string): Denial => malformed(message, close)

const otherVersion = last('HTTP version must be 1.0 or 1.1')
const ambiguousLength = last('Transfer-Encoding must be `chunked` alone, without Content-Length, in HTTP/1.1')
const oddLength = last('Content-Length must be a number')
const underscored = last('Transfer-Encoding and Content-Length are written with hyphens')
const otherExpectation = last('Expect must be `100-continue`')
const namesMore = last('Connection names a header that is not for this connection alone')
const upgrade = deny('upgrade_unsupported')

/** Headers that have one value: node would take the first where another server takes the last. */
const single = [
  'host',
  'authorization',
  'proxy-authorization',
  'content-length',
  'content-type',
  'transfer-encoding',
  'expect',
  'origin',
]
const repeated: ReadonlyMap<string, Denial> = new Map(
  single.map((name) => [name, last(`Header \`${name}\` stands twice`)]),
)

/** What guards and destinations read: nobody takes it out of a request by naming it in `Connection` (RFC 9110 §7.6.1). */
const endToEnd =
  /^(?:(?:accept|access-control|content|if|sec|x-forwarded)(?:-|$)|(?:authorization|cache-control|cookie|date|expect|forwarded|host|origin|pragma|range|referer|traceparent|tracestate|user-agent|x-real-ip|x-request-id)$)/

/** The refusal of a request that could be read in two ways, or that asks for another protocol. */
export function refuseFraming(req: IncomingMessage): Denial | undefined {
  if (req.httpVersion !== '1.1' && req.httpVersion !== '1.0') return otherVersion
  return refuseLength(req) ?? refuseRepeated(req) ?? refuseNamed(req) ?? refuseExpectation(req) ?? refuseUpgrade(req)
}

function refuseLength({ headers, httpVersion }: IncomingMessage): Denial | undefined {
  const length = headers['content-length']
  const coding = headers['transfer-encoding']
  if (headers.transfer_encoding !== undefined || headers.content_length !== undefined) return underscored
  if (length !== undefined && !/^[0-9]+$/.test(length)) return oddLength
  if (coding === undefined) return undefined
  const plain = httpVersion === '1.1' && length === undefined && coding.toLowerCase() === 'chunked'
  return plain ? undefined : ambiguousLength
}

function refuseRepeated({ headers, rawHeaders }: IncomingMessage): Denial | undefined {
  // Node joins or drops what repeats, so that fewer names than lines tell of one.
  if (Object.keys(headers).length * 2 === rawHeaders.length) return undefined
  const seen = new Set<string>()
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase()
    if (seen.has(name) && repeated.has(name)) return repeated.get(name)
    seen.add(name)
  }
  return undefined
}

const refuseNamed = ({ headers }: IncomingMessage): Denial | undefined =>
  namedByConnection(headers.connection).some((name) => endToEnd.test(name)) ? namesMore : undefined

/** RFC 9110 §10.1.1: HTTP/1.0 expects nothing. */
function refuseExpectation({ headers, httpVersion }: IncomingMessage): Denial | undefined {
  if (headers.expect === undefined || httpVersion === '1.0') return undefined
  return headers.expect.toLowerCase() === '100-continue' ? undefined : otherExpectation
}

/** Java's client offers h2c with every request (RFC 9113 §3.1 lets a server pass over it). */
const refuseUpgrade = (req: IncomingMessage): Denial | undefined =>
  offersUpgrade(req) && req.headers.upgrade?.toLowerCase() !== 'h2c' ? upgrade : undefined
