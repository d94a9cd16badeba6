/** `listen.redirectFrom`: whoever comes in clear is sent to HTTPS, as long as nothing of worth was said in clear. */

import type { IncomingMessage } from 'node:http'
import Koa, { type Context } from 'koa'
import type { App } from '../../app.ts'
import type { Answer } from '../../core/answer.ts'
import { Denial, deny } from '../../core/denial.ts'
import { Exchange } from '../../core/exchange.ts'
import { GateResponse } from '../../enforce/gate-response.ts'
import { readFacts, type Trust } from '../../enforce/hygiene.ts'
import { refuse } from '../../enforce/refusal.ts'
import { respond } from '../../enforce/respond.ts'
import { holdsKey } from '../../services/accounts/api-keys/key-text.ts'
import type { World } from '../../services/services.ts'
import type { Address } from '../bind.ts'
import { type ConnectionLimits, type Listening, listen } from '../listen.ts'
import type { Certificates } from './certificates.ts'
import { redirectChange } from './redirect-change.ts'

interface Redirecting {
  readonly app: Pick<App, 'bareHead' | 'knowsHost'>
  readonly certificates: Certificates
  readonly world: World
  /** Of the listener that speaks TLS. */
  readonly port: number
}

/** One short answer each. */
const limits: ConnectionLimits = {
  headers: 16 * 1024,
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  connections: 1_000,
}

/** Cookies of sessions are not among what browsers send in clear: `__Host-` sees to that. */
const credentials = ['authorization', 'x-api-key']

/** An API key may come in a header that policies name, or where it has no business to be. */
const showsSecret = ({ headers, url = '' }: IncomingMessage): boolean =>
  credentials.some((name) => headers[name] !== undefined) ||
  [url, ...Object.values(headers).flat()].some((text) => text !== undefined && holdsKey(text))

const hostUnknown = deny('host_unknown')
const inClear = deny('tls_required')

/** Opens the listener; rejects with `StartFault` where the address cannot be had. */
export function openRedirect(address: Address, about: Redirecting): Promise<Listening> {
  const koa = new Koa()
  koa.silent = true
  koa.use(new Redirect(about).middleware)
  const { world, app } = about
  return listen(koa.callback(), { ...address, change: redirectChange, limits, world, bareHead: app.bareHead })
}

class Redirect {
  readonly #about: Redirecting
  readonly #trust: Trust

  constructor(about: Redirecting) {
    this.#about = about
    this.#trust = { isTrustedProxy: () => false, requestId: about.world.randomId }
  }

  readonly middleware = async (ctx: Context): Promise<void> => {
    if (ctx.res instanceof GateResponse) ctx.res.shut()
    ctx.respond = false
    ctx.res.shouldKeepAlive = false
    const { facts, denial } = readFacts(ctx.req, this.#trust)
    const exchange = new Exchange(ctx, facts)
    const result = denial ?? this.#judge(exchange)
    const { log } = this.#about.world
    const { requestId, address, method } = exchange
    log.debug({ requestId, address, method, status: result.status }, 'a request came in clear')
    const answer = result instanceof Denial ? refuse(exchange, result) : result
    const fail = (err: unknown) => log.error({ err, requestId }, 'answer cut short')
    respond(exchange, { answer, heads: [this.#about.app.bareHead], fail })
  }

  /** A client that is sent on after it has shown a secret in clear would never be mended (ASVS 5.0, 4.1.2). */
  #judge({ ctx, method, host, path, query }: Exchange): Answer | Denial {
    if (!this.#isOurs(host)) return hostUnknown
    const isSafe = method === 'GET' || method === 'HEAD'
    if (!isSafe || showsSecret(ctx.req)) return inClear
    const target = `${path}${query === '' ? '' : `?${query}`}`
    return { status: 308, headers: ['Location', `https://${host}${this.#portFor(ctx.req.headers.host)}${target}`] }
  }

  /** A host that neither the policies nor a certificate names would be somebody else's. */
  #isOurs(host: string): boolean {
    const { app, certificates } = this.#about
    return host !== '' && app.knowsHost(host) && certificates.covers(host)
  }

  /** Who came without a port came to the usual one, whatever stands in between: so does HTTPS. */
  #portFor(written = ''): string {
    const { port } = this.#about
    return port === 443 || !/:\d+$/.test(written) ? '' : `:${port}`
  }
}
