/** A running gate with one route and nothing in front of its destination, and the upstreams behind it. */

import {
  createServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type RequestListener,
  request,
  type Server,
} from 'node:http'
import {
  type AddressInfo,
  createServer as createSocketServer,
  type Socket,
  type Server as SocketServer,
} from 'node:net'
import type { ExecutionContext } from 'ava'
import Koa from 'koa'
import type { Exchange } from '../../src/core/exchange.ts'
import type { Outcome } from '../../src/core/observer.ts'
import type { RouteFacts, Site } from '../../src/core/site.ts'
import { activate, enforce } from '../../src/enforce/enforce.ts'
import { GateResponse } from '../../src/enforce/gate-response.ts'
import type { Handler } from '../../src/handlers/handler.ts'
import type { CompiledPolicy, Stack } from '../../src/policy/stack.ts'
import { systemClock } from '../../src/services/clock.ts'
import { Metrics, metricsObserver } from '../../src/services/metrics.ts'
import { randomId } from '../../src/services/random-id.ts'
import { readSecretSettings } from '../../src/services/secrets/settings.ts'
import type { Services } from '../../src/services/services.ts'
import { Status } from '../../src/services/status.ts'
import { UpstreamPools } from '../../src/services/upstreams/pools.ts'

export interface GateOptions {
  readonly route?: Partial<RouteFacts>
  readonly folder?: string
  /** Runs in place of the guards. */
  readonly before?: (exchange: Exchange) => unknown
}

export interface Gate {
  readonly port: number
  readonly server: Server
  readonly services: Services
  /** How every exchange ended, the latest last. */
  readonly outcomes: Outcome[]
  /** What was logged of faults. */
  readonly logged: unknown[]
  send(sent?: Sent): Promise<Received>
}

export interface Sent {
  readonly method?: string
  readonly path?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Uint8Array
}

export interface Received {
  readonly status: number
  readonly reason: string
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly body: string
}

/** Opens a gate whose only route is `ANY /*rest`, with the handler's block as its destination. */
export async function openGate<B>(
  t: ExecutionContext,
  [handler, block]: readonly [Handler<B>, B],
  options: GateOptions = {},
): Promise<Gate> {
  const logged: unknown[] = []
  const services = servicesOf(t, logged)
  const site = siteOf(options)
  const destination = await handler.compile(block, site, services)
  const policy = policyOf(site.route, destination, options.before)
  const outcomes: Outcome[] = []
  const watch = { finished: (_: Exchange, outcome: Outcome) => void outcomes.push(outcome) }
  const lease = { active: activate(policy, services), release: () => {} }
  const app = new Koa()
  app.silent = true
  app.use(enforce(() => lease, services, [metricsObserver(services.metrics), watch]))
  const server = createServer({ ServerResponse: GateResponse }, app.callback())
  const port = await listen(t, server)
  return { port, server, services, outcomes, logged, send: (sent) => send(port, sent) }
}

export function siteOf({ route = {}, folder = '/' }: GateOptions = {}): Site {
  const source = { file: 'test.yaml', line: 1 }
  const facts = {
    service: 'test',
    method: 'ANY',
    path: '/*rest',
    params: ['rest'],
    prefix: '',
    reportOnly: [],
    cost: 1,
    source,
    ...route,
  }
  const site: Site = { ...source, owner: 'test/', folder, route: facts, item: () => site }
  return site
}

function servicesOf(t: ExecutionContext, logged: unknown[]): Services {
  const note = (entry: unknown) => void logged.push(entry)
  const upstreams = new UpstreamPools(systemClock)
  t.teardown(() => upstreams.close())
  return {
    clock: systemClock,
    randomId,
    upstreams,
    metrics: new Metrics(),
    status: new Status(),
    log: { info: note, warn: note, error: note, debug: note },
  } as unknown as Services
}

function policyOf(facts: RouteFacts, destination: Stack['destination'], before: GateOptions['before']): CompiledPolicy {
  const step = {
    guard: 'test',
    gate: 'network',
    source: facts.source,
    decide: (exchange: Exchange) => settle(before?.(exchange)),
  } as const
  const stages = [{ step, reportOnly: false }]
  const stack: Stack = {
    facts,
    hosts: [],
    stages,
    judges: [step],
    heads: [],
    corsHead: undefined,
    preflight: undefined,
    audit: undefined,
    destination,
  }
  const limits = { body: 1e6, headers: 16384, headersTimeout: 10_000, requestTimeout: 30_000, connections: 10_000 }
  const settings = {
    listen: { host: '127.0.0.1', port: 0 },
    tls: undefined,
    trustedProxies: [],
    secrets: readSecretSettings(),
    limits: { ...limits, requests: 100, eventLoopDelay: 1_000 },
    shutdown: { delay: 0, grace: 1_000 },
    state: undefined,
    database: undefined,
    audit: undefined,
    admin: undefined,
  } as const
  return { settings, stacks: [stack], bareHead: () => undefined, digest: 'd' }
}

const settle = (done: unknown): Promise<undefined> | undefined =>
  done instanceof Promise ? done.then(() => undefined) : undefined

/** What a guard would have found out. */
export const having = (known: Partial<Exchange>): GateOptions => ({
  before: (exchange) => Object.assign(exchange, known),
})

/** Listens on a free port until the test ends. */
export async function listen(t: ExecutionContext, server: Server | SocketServer): Promise<number> {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.teardown(() => {
    if ('closeAllConnections' in server) server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** An upstream of node:http; returns its origin. */
export const openUpstream = async (t: ExecutionContext, answer: RequestListener): Promise<string> =>
  `http://127.0.0.1:${await listen(t, createServer(answer))}`

/** An upstream that does with each connection whatever it likes; returns its origin. */
export async function openRawUpstream(t: ExecutionContext, serve: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createSocketServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket))
    serve(socket)
  })
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
  })
  return `http://127.0.0.1:${await listen(t, server)}`
}

/** An upstream that answers every request with these bytes. */
export const openCannedUpstream = (t: ExecutionContext, bytes: string): Promise<string> =>
  openRawUpstream(t, (socket) => void socket.on('data', () => socket.write(bytes, 'latin1')))

export function send(port: number, { method = 'GET', path = '/', headers = {}, body }: Sent = {}): Promise<Received> {
  return new Promise((resolve, reject) => {
    const sending = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (res) => {
      const chunks: Buffer[] = []
      res.on('data', (chunk) => chunks.push(chunk))
      res.once('error', reject)
      res.once('end', () =>
        resolve({
          status: res.statusCode ?? 0,
          reason: res.statusMessage ?? '',
          headers: res.headers,
          rawHeaders: res.rawHeaders,
          body: Buffer.concat(chunks).toString(),
        }),
      )
    })
    sending.once('error', reject)
    sending.end(body)
  })
}

/** Waits until something holds, looking again each time the event loop has turned; the test's own timeout is the limit. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((turn) => setImmediate(turn))
}

/** The code of a refusal. */
export const codeOf = ({ body }: Received): unknown => JSON.parse(body).code
