/** The header fields that a request goes up with: the client's, less what is withheld, and what this server says. */

import type { IncomingHttpHeaders } from 'node:http'
import { withoutCookies, withoutPairs } from '../../core/cookie.ts'
import type { Exchange } from '../../core/exchange.ts'
import type { Value } from '../../core/expression.ts'
import { fieldLine } from '../../core/field.ts'
import { withoutNamed } from '../../core/hop-by-hop.ts'
import { holdsKey } from '../../services/accounts/api-keys/key-text.ts'
import { fieldValue } from './field-text.ts'
import { identityLines } from './identity.ts'
import { traceLines } from './trace.ts'
import { goesUp } from './withheld.ts'

/** A field that the policy sets: a fixed text, or what an expression yields. */
export interface OwnField {
  readonly name: string
  readonly value: string | { read(exchange: Exchange): Value }
}

interface HeadOptions {
  readonly fields: readonly OwnField[]
  readonly forwardToken: boolean
  /** The names of cookies that are credentials, also of a route that did not ask for them. */
  readonly cookies: readonly string[]
  readonly randomId: () => string
}

/** Returns the function that writes the fields of one request, each with its line end. */
export function compileRequestHead(options: HeadOptions): (exchange: Exchange) => string {
  const { fields, randomId, ...kept } = options
  const own = new Set(fields.map(({ name }) => name.toLowerCase().replace(/[^a-z0-9]/g, '-')))
  const tracing = { randomId, isWithheld: kept.forwardToken ? () => false : holdsKey }
  return (exchange) => {
    const headers = withoutNamed(exchange.sanitisedHeaders ?? exchange.ctx.req.headers)
    const ours = fieldLine('X-Request-Id', exchange.requestId) + traceLines(headers, tracing) + forwardedLines(exchange)
    const passed = clientLines(headers, { ...kept, own, credentials: exchange.credentials })
    return passed + ours + identityLines(exchange.principal) + ownLines(fields, exchange)
  }
}

/** What the policy sets; a field without a value is left out. */
function ownLines(fields: readonly OwnField[], exchange: Exchange): string {
  let lines = ''
  for (const { name, value } of fields) {
    const text = typeof value === 'string' ? value : fieldValue(value.read(exchange))
    if (text !== undefined) lines += fieldLine(name, text)
  }
  return lines
}

interface Kept {
  readonly own: ReadonlySet<string>
  readonly credentials: readonly string[]
  readonly cookies: readonly string[]
  readonly forwardToken: boolean
}

/** What a guard read, every bearer token, and what holds an API key of ours: also where a public route did not ask for it. */
const isCredential = (name: string, value: string | readonly string[], read: readonly string[]): boolean =>
  read.includes(name) ||
  (name === 'authorization' && /^bearer\b/i.test(String(value))) ||
  (typeof value === 'string' ? holdsKey(value) : value.some(holdsKey))

/** As the guards read them: a repeated field arrives joined into one. */
function clientLines(headers: IncomingHttpHeaders, kept: Kept): string {
  let lines = ''
  for (const name in headers) {
    const value = name === 'cookie' ? cookieOf(headers, kept) : headers[name]
    if (value === undefined || !goesUp(name, kept.own)) continue
    if (!kept.forwardToken && isCredential(name, value, kept.credentials)) continue
    if (typeof value === 'string') lines += fieldLine(name, value)
    else for (const item of value) lines += fieldLine(name, item)
  }
  return lines
}

/** The cookies beside a credential go up as they are. */
function cookieOf({ cookie }: IncomingHttpHeaders, { cookies, forwardToken }: Kept): string | undefined {
  if (cookie === undefined || forwardToken) return cookie
  const kept = withoutCookies(cookie, cookies)
  return kept !== undefined && holdsKey(kept) ? withoutPairs(kept, holdsKey) : kept
}

/** What the client's connection was; what it says itself of this is not passed on. */
const forwardedLines = (exchange: Exchange): string =>
  fieldLine('X-Forwarded-For', exchange.address) +
  fieldLine('X-Forwarded-Proto', exchange.secure ? 'https' : 'http') +
  fieldLine('X-Forwarded-Host', authority(exchange))

/** The host that the guards judged, with the port as the client wrote it. */
function authority({ ctx, host }: Exchange): string {
  const written = ctx.req.headers.host ?? ''
  const port = written.slice(host.length)
  return port.startsWith(':') && written.toLowerCase().startsWith(host) ? written : host
}
