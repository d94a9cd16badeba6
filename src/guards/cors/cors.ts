/** The `cors` guard: which pages of other origins may read the answers, and what they may send. */

import type { Options } from '@koa/cors'
import { type Answer, type HeaderSet, headerSet } from '../../core/answer.ts'
import { type Denial, deny } from '../../core/denial.ts'
import { readDuration } from '../../core/duration.ts'
import type { Exchange } from '../../core/exchange.ts'
import type { Site } from '../../core/site.ts'
import { defineGuard, type Plan } from '../guard.ts'
import { checkCors, corsRules } from './check-cors.ts'
import { acceptedHeaders, type CorsBlock, corsBlock, exposedHeaders } from './cors-block.ts'
import { isOrigin, isWildcard, sampleOf, wildcardOf } from './origin.ts'

/** What the pages of one listed entry get; a wildcard's are told their own origin when they ask. */
interface Grant {
  readonly reflects: boolean
  readonly actual: HeaderSet
  readonly preflight: readonly string[]
}

const allowOrigin = 'Access-Control-Allow-Origin'
const allowOriginNames: ReadonlySet<string> = new Set([allowOrigin.toLowerCase()])
const preflightVary = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'
const refuse = (cause: string): Denial => deny('origin_denied', { headers: ['Vary', preflightVary], cause })
const originRefused = refuse('origin not listed')
const methodRefused = refuse('method not answered for this origin')
const headerRefused = refuse('request header not listed')

/** Methods are left to the answer: they come from the routes of the path. */
const optionsOf = (block: CorsBlock, origin: string): Options => ({
  origin,
  credentials: block.credentials ?? false,
  allowMethods: '',
  allowHeaders: acceptedHeaders(block).join(', '),
  exposeHeaders: exposedHeaders(block).join(', '),
  ...(block.maxAge !== undefined && { maxAge: String(Math.floor(readDuration(block.maxAge) / 1000)) }),
})

/** Koa and its middleware are loaded where a policy is compiled: `check` needs neither. */
async function compileGrant(block: CorsBlock, listed: string): Promise<Grant> {
  const origin = sampleOf(listed)
  const reflects = isWildcard(listed)
  const { default: koaCors } = await import('@koa/cors')
  const { recordHeaders } = await import('../recording.ts')
  const middleware = koaCors(optionsOf(block, origin))
  const preflight = { origin, 'access-control-request-method': 'GET' }
  const actualHeaders = await recordHeaders(middleware, { method: 'GET', headers: { origin } })
  const preflightHeaders = await recordHeaders(middleware, { method: 'OPTIONS', headers: preflight })
  return {
    reflects,
    actual: headerSet(constant(actualHeaders, reflects)),
    preflight: Object.entries(constant(preflightHeaders, reflects)).flat(),
  }
}

/** `Vary` is ours: @koa/cors leaves out what a preflight depends on. */
const constant = (recorded: Readonly<Record<string, string>>, reflects: boolean): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(recorded).filter(([name]) => name !== 'Vary' && !(reflects && name === allowOrigin)),
  )

/** Finds what an origin is granted: exact entries first, then its wildcard, then `*`. */
type FindGrant = (origin: string | undefined) => Grant | undefined

async function compileGrants(block: CorsBlock): Promise<FindGrant> {
  const grants = new Map<string, Grant>()
  for (const listed of block.origins) grants.set(listed, await compileGrant(block, listed))
  const exact = new Map([...grants].filter(([listed]) => isOrigin(listed)))
  const anyone = grants.get('*')
  return (origin) => {
    if (origin === undefined) return undefined
    const own = exact.get(origin)
    if (own !== undefined || !isOrigin(origin)) return own
    return grants.get(wildcardOf(origin) ?? '') ?? anyone
  }
}

function answerPreflight(find: FindGrant, accepted: ReadonlySet<string>) {
  return (exchange: Exchange, methods: readonly string[]): Answer | Denial => {
    const { headers } = exchange.ctx.req
    const grant = find(headers.origin)
    if (grant === undefined) return originRefused
    if (!methods.includes(headers['access-control-request-method'] ?? '')) return methodRefused
    if (!areAccepted(headers['access-control-request-headers'], accepted)) return headerRefused
    const own = ['Access-Control-Allow-Methods', methods.join(', '), 'Vary', preflightVary]
    if (grant.reflects) own.push(allowOrigin, headers.origin ?? '')
    return { status: 204, headers: [...grant.preflight, ...own] }
  }
}

/** A list may have spaces and empty elements (RFC 9110 §5.6.1). */
const areAccepted = (requested: string | undefined, accepted: ReadonlySet<string>): boolean =>
  requested === undefined || requested.split(',').every((name) => accepted.has(name.trim().toLowerCase()))

/** A preflight's answer, or refusal, is whole by itself. */
const isPreflight = (exchange: Exchange): boolean =>
  exchange.method === 'OPTIONS' && exchange.ctx.req.headers['access-control-request-method'] !== undefined

async function compileCors(block: CorsBlock, site: Site): Promise<Plan> {
  const find = await compileGrants(block)
  const accepted = new Set(['', ...acceptedHeaders(block).map((name) => name.toLowerCase())])
  return {
    head: function corsGuard(exchange, head) {
      head.vary.push('Origin')
      const { origin } = exchange.ctx.req.headers
      const grant = find(origin)
      if (grant === undefined || isPreflight(exchange)) return
      head.forced.push(grant.actual)
      if (grant.reflects) head.own.push({ names: allowOriginNames, lines: `${allowOrigin}: ${origin}\r\n` })
    },
    preflight: {
      source: Object.freeze({ file: site.file, line: site.line }),
      accepts: (origin) => find(origin) !== undefined,
      answer: answerPreflight(find, accepted),
    },
  }
}

export const cors = defineGuard<CorsBlock>({
  name: 'cors',
  summary: 'Which pages of other origins may read the answers, and what they may send; methods come from the routes.',
  example: 'cors: { origins: [https://shop.example], credentials: true, maxAge: 10m }',
  schema: corsBlock,
  refuses: ['origin_denied'],
  // A preflight alone is refused, and it is no operation.
  describe: () => ({ refusals: [] }),
  shared: true,
  rules: corsRules,
  check: checkCors,
  compile: compileCors,
})
