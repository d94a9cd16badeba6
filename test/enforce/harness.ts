/** Serves hand-made stacks over real HTTP, the engine as it is. */

import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type RequestOptions,
  request,
  type Server,
  type ServerOptions,
} from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { ExecutionContext } from 'ava'
import Koa from 'koa'
import { headerSet } from '../../src/core/answer.ts'
import type { Denial } from '../../src/core/denial.ts'
import type { Exchange } from '../../src/core/exchange.ts'
import type { Observer } from '../../src/core/observer.ts'
import { type Active, activate, enforce } from '../../src/enforce/enforce.ts'
import { GateResponse } from '../../src/enforce/gate-response.ts'
import type { Gate } from '../../src/guards/guard.ts'
import type { CompiledPolicy, Stack, Stage } from '../../src/policy/stack.ts'
import { systemClock } from '../../src/services/clock.ts'
import { createLog } from '../../src/services/log.ts'
import { readSecretSettings } from '../../src/services/secrets/settings.ts'

/** A stack of a route such as `GET /orders/:id`. */
export function stack(key: string, written: Partial<Stack> = {}): Stack {
  const [method = '', path = ''] = key.split(' ')
  const params = path
    .split('/')
    .filter((segment) => /^[:*]/.test(segment))
    .map((segment) => segment.slice(1))
  const source = { file: 'orders.yaml', line: 1 }
  const stages = written.stages ?? []
  return {
    facts: { service: 'orders', method, path, params, prefix: '', reportOnly: [], cost: 1, source },
    hosts: [],
    stages,
    judges: stages.map(({ step }) => step),
    heads: [],
    corsHead: undefined,
    preflight: undefined,
    audit: undefined,
    destination: () => ({ status: 200, headers: ['Content-Type', 'text/plain'], body: key }),
    ...written,
  }
}

/** A stage that decides as the function does. */
export function stage(
  gate: Gate,
  decide: (exchange: Exchange) => Denial | undefined | Promise<Denial | undefined>,
  reportOnly = false,
): Stage {
  return { reportOnly, step: { guard: gate, gate, source: { file: 'orders.yaml', line: 7 }, decide } }
}

const settings = {
  listen: { host: '127.0.0.1', port: 0 },
  tls: undefined,
  trustedProxies: [],
  secrets: readSecretSettings(),
  limits: {
    body: 102_400,
    headers: 16_384,
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    connections: 100,
    requests: 100,
    eventLoopDelay: 1_000,
  },
  shutdown: { delay: 0, grace: 1_000 },
  state: undefined,
  database: undefined,
  audit: undefined,
  admin: undefined,
} as const

const bare = headerSet({ 'X-Content-Type-Options': 'nosniff' })

export const policyOf = (stacks: readonly Stack[]): CompiledPolicy => ({
  settings,
  stacks,
  bareHead: (_exchange, head) => void head.defaults.push(bare),
  digest: 'd'.repeat(64),
})

export interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Served {
  readonly port: number
  /** The log, a line an event. */
  readonly lines: readonly string[]
  readonly active: { current: Active }
  send(options: RequestOptions, body?: string | Buffer): Promise<Answered>
  /** A connection of one's own. */
  open(): Promise<Socket>
  activate(stacks: readonly Stack[]): void
}

/** Serves the stacks until the test is over, by the response of the server unless told. */
export async function serve(
  t: ExecutionContext,
  stacks: readonly Stack[],
  observers: readonly Observer[] = [],
  ServerResponse: ServerOptions['ServerResponse'] = GateResponse,
): Promise<Served> {
  const lines: string[] = []
  const log = createLog({
    pretty: false,
    level: 'debug',
    destination: { write: (line: string) => void lines.push(line) },
  })
  let ids = 0
  const world = { clock: systemClock, log, randomId: () => `id-${++ids}` }
  const active = { current: activate(policyOf(stacks), world) }
  const app = new Koa()
  app.silent = true
  app.use(enforce(() => ({ active: active.current, release: () => {} }), world, observers))
  const server = await listen(createServer({ ServerResponse }, app.callback()))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return {
    port,
    lines,
    active,
    send: (options, body) => send({ port, ...options }, body),
    open: () => open(port),
    activate: (others) => {
      active.current = activate(policyOf(others), world)
    },
  }
}

async function listen(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

async function send(options: RequestOptions, body: string | Buffer | undefined): Promise<Answered> {
  const req = request({ host: '127.0.0.1', agent: false, ...options })
  const answered = once(req, 'response')
  req.end(body)
  const [res] = await answered
  const chunks: Buffer[] = []
  for await (const chunk of res) chunks.push(chunk)
  return { status: res.statusCode, headers: res.headers, body: Buffer.concat(chunks).toString() }
}

/** Everything that a socket receives until it is closed. */
export async function receive(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  if (!socket.closed) await once(socket, 'close')
  return Buffer.concat(chunks).toString()
}
