/** Serves one compiled guard over real HTTP, in the engine that serves them all. */

import { createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'
import Koa from 'koa'
import type { Answer } from '../../src/core/answer.ts'
import type { Exchange } from '../../src/core/exchange.ts'
import type { RouteFacts, Site } from '../../src/core/site.ts'
import { activate, enforce } from '../../src/enforce/enforce.ts'
import type { Plan, Step } from '../../src/guards/guard.ts'
import type { CompiledPolicy, Stack } from '../../src/policy/stack.ts'
import { systemClock } from '../../src/services/clock.ts'
import { readSecretSettings } from '../../src/services/secrets/settings.ts'

/** A site in no file, on such a route. */
export function siteOf(route: Partial<RouteFacts> = {}): Site {
  const source = { file: 'test.yaml', line: 1 }
  const own = { service: 'test', method: 'ANY', path: '/', prefix: '', params: [], reportOnly: [], cost: 1, source }
  const site: Site = { ...source, owner: 'test/', folder: '/', route: { ...own, ...route }, item: () => site }
  return site
}

export interface Hosted {
  readonly plan: Plan
  /** The pattern of the path; `/` unless told. */
  readonly path?: string
  /** The methods that have a route; GET and POST unless told. */
  readonly methods?: readonly string[]
  /** Records what the guard finds, and does not refuse. */
  readonly reportOnly?: boolean
  /** Runs before the guard, in place of those that stand before it. */
  readonly before?: (exchange: Exchange) => unknown
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

/** Starts a server for the guard, which ends with the test and trusts its client as a proxy; returns what sends to it. */
export async function hostGuard(t: ExecutionContext, hosted: Hosted): Promise<(sent?: Sent) => Promise<Received>> {
  const app = new Koa()
  const log = { error: (fault: unknown) => t.fail(String(fault)) }
  const world = { clock: systemClock, randomId: () => 'r1', log }
  const lease = { active: activate(policyOf(hosted), world), release: () => {} }
  app.use(enforce(() => lease, world as never, []))
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

function policyOf(hosted: Hosted): CompiledPolicy {
  const limits = {
    body: 1e6,
    headers: 16384,
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    connections: 100,
    requests: 100,
    eventLoopDelay: 1_000,
  }
  return {
    settings: {
      listen: { host: '127.0.0.1', port: 0 },
      tls: undefined,
      trustedProxies: ['127.0.0.1/32'],
      secrets: readSecretSettings(),
      limits,
      shutdown: { delay: 0, grace: 1_000 },
      state: undefined,
      database: undefined,
      audit: undefined,
      admin: undefined,
    },
    stacks: (hosted.methods ?? ['GET', 'POST']).map((method) => stackOf(hosted, method)),
    bareHead: () => undefined,
    digest: '',
  }
}

function stackOf({ plan, path = '/', before, destination, reportOnly = false }: Hosted, method: string): Stack {
  const params = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? '')
  const { route } = siteOf({ method, path, params })
  const first: Step = {
    guard: 'test',
    gate: 'network',
    source: route.source,
    decide: (exchange) => void before?.(exchange),
  }
  const steps = [first, ...(plan.steps ?? [])]
  return {
    facts: route,
    hosts: [],
    stages: steps.map((step) => ({ step, reportOnly: reportOnly && step !== first })),
    judges: steps,
    heads: plan.head ? [plan.head] : [],
    corsHead: plan.preflight ? plan.head : undefined,
    preflight: plan.preflight,
    audit: plan.audit,
    destination: destination ?? (() => ({ status: 200, headers: [], body: '' })),
  }
}
