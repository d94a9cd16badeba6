/** Serves one compiled guard over real HTTP: what its steps decide and what it writes on the head. */

import { createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'
import Koa, { type Context } from 'koa'
import { type Answer, Head } from '../../src/core/answer.ts'
import { Denial } from '../../src/core/denial.ts'
import { Exchange } from '../../src/core/exchange.ts'
import type { RouteFacts, Site } from '../../src/core/site.ts'
import type { Plan } from '../../src/guards/guard.ts'

/** A site in no file, on a route of this path. */
export function siteOf(route: Partial<RouteFacts> = {}): Site {
  const source = { file: 'test.yaml', line: 1 }
  const facts = {
    service: 'test',
    method: 'POST',
    path: '/',
    prefix: '',
    params: [],
    cost: 1,
    reportOnly: [],
    source,
    ...route,
  }
  const site: Site = { ...source, owner: 'test/', folder: '/', route: facts, item: () => site }
  return site
}

export interface Hosted {
  readonly plan: Plan
  readonly secure?: boolean
  /** What the path answers, for preflights. */
  readonly methods?: readonly string[]
  /** As matching would have read them. */
  readonly params?: Readonly<Record<string, string>>
  /** Runs before the steps, in place of the guards that stand before. */
  readonly before?: (exchange: Exchange) => void
  readonly destination?: (exchange: Exchange) => Answer | Promise<Answer>
}

export interface Sent {
  readonly method?: string
  /** With the query. */
  readonly path?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Uint8Array
}

export interface Received {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Starts a server for the guard, which ends with the test; returns what sends it a request. */
export async function hostGuard(t: ExecutionContext, hosted: Hosted): Promise<(sent?: Sent) => Promise<Received>> {
  const app = new Koa()
  app.use((ctx) => serve(ctx, hosted))
  const server = createServer(app.callback())
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return (sent = {}) => send(port, sent)
}

function send(port: number, { method = 'GET', path = '/', headers = {}, body }: Sent): Promise<Received> {
  return new Promise((resolve, reject) => {
    const sending = request({ port, method, path, headers, agent: false }, (res) => {
      const chunks: Buffer[] = []
      res.on('data', (chunk) => chunks.push(chunk))
      res.once('end', () =>
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(chunks).toString() }),
      )
    })
    sending.once('error', reject)
    sending.end(body)
  })
}

async function serve(ctx: Context, hosted: Hosted): Promise<void> {
  ctx.respond = false
  const exchange = exchangeOf(ctx, hosted)
  const outcome = await decide(exchange, hosted)
  const answer = outcome instanceof Denial ? answerOf(outcome) : outcome
  const head = new Head()
  hosted.plan.head?.(exchange, head)
  ctx.res.writeHead(answer.status, layHead(answer, head))
  ctx.res.end(answer.body)
}

function exchangeOf(ctx: Context, { secure = false, params = {} }: Hosted): Exchange {
  const [path = '', query = ''] = ctx.url.split('?')
  const facts = { method: ctx.method, path, query, host: 'test', address: '127.0.0.1', secure, requestId: 'r1' }
  const exchange = new Exchange(ctx, facts)
  exchange.input.params = Object.assign(Object.create(null), params)
  return exchange
}

async function decide(exchange: Exchange, { plan, methods, before, destination }: Hosted): Promise<Answer | Denial> {
  if (exchange.method === 'OPTIONS' && exchange.ctx.get('access-control-request-method') !== '' && plan.preflight) {
    return plan.preflight.answer(exchange, methods ?? ['GET'])
  }
  before?.(exchange)
  for (const step of plan.steps ?? []) {
    const denial = await step.decide(exchange)
    if (denial) return denial
  }
  return destination?.(exchange) ?? { status: 200, headers: [], body: '' }
}

const answerOf = ({ status, code, message, details, headers }: Denial): Answer => ({
  status,
  headers: [...headers, 'Content-Type', 'application/json'],
  body: JSON.stringify({ status: 'error', code, message, details }),
})

/** The rules of `Head`: defaults yield to the answer's own, the rest replaces it. */
function layHead({ headers }: Answer, head: Head): OutgoingHttpHeaders {
  const laid = new Map(pairsOf(headers))
  for (const [name, value] of head.defaults.flatMap(({ flat }) => pairsOf(flat)))
    if (!laid.has(name)) laid.set(name, value)
  for (const [name, value] of [...head.forced.flatMap(({ flat }) => pairsOf(flat)), ...pairsOf(head.own)])
    laid.set(name, value)
  for (const name of head.removed.flatMap((names) => [...names])) laid.delete(name)
  const vary = new Set([...(laid.get('vary')?.split(', ') ?? []), ...head.vary])
  if (vary.size > 0) laid.set('vary', [...vary].join(', '))
  return Object.fromEntries(laid)
}

const pairsOf = (flat: readonly string[]): [string, string][] =>
  flat.flatMap((name, index) => (index % 2 === 0 ? [[name.toLowerCase(), flat[index + 1] ?? '']] : []))
