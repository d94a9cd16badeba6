/** The HTTP server: every connection is bounded in time and size, and whatever comes is answered from the catalogue. */

import type { IncomingMessage, RequestListener, Server, ServerOptions } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { readAddress } from '../core/address.ts'
import { type Denial, deny } from '../core/denial.ts'
import { createServer } from '../core/node-http.ts'
import type { Unread } from '../core/observer.ts'
import { GateResponse } from '../enforce/gate-response.ts'
import type { Settings } from '../policy/settings.ts'
import type { WriteHead } from '../policy/stack.ts'
import type { World } from '../services/services.ts'
import { bareAnswer } from './bare-answer.ts'
import { type Address, bind } from './bind.ts'
import { Connections, isUnused } from './connections.ts'
import { readParseFault } from './parse-fault.ts'
import { stopListening } from './stop-listening.ts'

/** What connections are bounded by. */
export type ConnectionLimits = Pick<Settings['limits'], 'headers' | 'headersTimeout' | 'requestTimeout' | 'connections'>

export interface ListenOptions extends Address {
  readonly limits: ConnectionLimits
  readonly world: Pick<World, 'log' | 'randomId'>
  /** Writes on the head of answers that no route gives. */
  readonly bareHead: WriteHead
  /** Is told of what never became a request. */
  readonly unread?: (refused: Unread) => void
  /** Is told of each connection beyond the limit. */
  readonly surplus?: () => void
  /** Makes the server where it speaks TLS. */
  readonly secure?: SecureServers | undefined
}

interface SecureServers {
  createServer(options: HttpOptions): Server
  whenClientsChange(dismiss: () => void): void
}

export interface Listening {
  /** Such as `http://127.0.0.1:8080`, or `https:`. */
  readonly url: string
  readonly port: number
  /**
   * Goes on for `delayMs`, in which clients that are connected are sent away with their next answer; then stops accepting,
   * and lets what runs end. What still runs after `graceMs`, counted from the call, is cut. Both in milliseconds.
   */
  close(graceMs: number, delayMs?: number): Promise<void>
}

type HttpOptions = ServerOptions<typeof IncomingMessage, typeof GateResponse>

type Refuse = (socket: Duplex, denial: Denial, cause?: string) => void

/** Longer than load balancers keep an idle connection (60 s), so that none sends a request into one that closes. */
const keepAliveMs = 65_000
/** At most so often is the log told of connections that are turned away, in milliseconds. */
const quietMs = 10_000
/** So many connections beyond the limit are told so at a time; the others are closed without an answer. */
const mostBeyond = 64

const tunnelRefused = deny('method_not_allowed', { headers: ['Allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'] })
const overloaded = deny('overloaded', { headers: ['Retry-After', '1'] })
const shuttingDown = deny('shutting_down', { headers: ['Retry-After', '1'] })

/** Opens the server; rejects with `StartFault` where the address cannot be had. */
export async function listen(handle: RequestListener, options: ListenOptions): Promise<Listening> {
  const { host, limits, world, bareHead, unread, surplus, secure } = options
  const server = secure?.createServer(parserOptions(limits)) ?? createServer(parserOptions(limits))
  server.maxConnections = limits.connections + mostBeyond
  const connections = new Connections(server, limits.connections)
  secure?.whenClientsChange(() => connections.dismiss())
  const report = reportTurnedAway(server, world.log)
  const answer = (denial: Denial, requestId = world.randomId()) =>
    bareAnswer(denial, { requestId, secure: secure !== undefined }, bareHead)
  if (surplus) server.on('drop', surplus)
  serve(server, (req, res) => {
    if (connections.begin(req.socket, res)) return handle(req, res)
    surplus?.()
    report({ limit: limits.connections }, 'connections are refused: `limits.connections` are open')
    if (!req.socket.writableEnded) connections.refuse(req.socket, answer(overloaded))
  })
  refuseTheRest(server, (socket, denial, cause) => {
    const requestId = world.randomId()
    const address = addressOf(socket)
    world.log.info({ requestId, address, code: denial.code, cause }, 'refused what is no request')
    unread?.({ requestId, address, denial, cause })
    connections.refuse(socket, answer(denial, requestId))
  })
  const port = await bind(server, options)
  return {
    url: `${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    close: (graceMs, delayMs = 0) => close({ server, connections, last: () => answer(shuttingDown) }, graceMs, delayMs),
  }
}

/** Node's own parser and timers; it looks at the timers four times in the shortest of them, or every second. */
function parserOptions({ headers, headersTimeout, requestTimeout }: ConnectionLimits): HttpOptions {
  const untilHead = Math.min(headersTimeout, requestTimeout)
  return {
    ServerResponse: GateResponse,
    maxHeaderSize: headers,
    headersTimeout: untilHead,
    requestTimeout,
    connectionsCheckingInterval: Math.min(1000, Math.ceil(untilHead / 4)),
    keepAliveTimeout: keepAliveMs,
    insecureHTTPParser: false,
    requireHostHeader: false,
  }
}

/** All that can be read goes to the app: it decides whether a body is wanted, and what it says of other expectations. */
function serve(server: Server, begin: RequestListener): void {
  server.on('request', begin).on('checkContinue', begin).on('checkExpectation', begin)
}

function refuseTheRest(server: Server, refuse: Refuse): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (socket.writableEnded) return
    if (!socket.writable || isUnused(socket)) return void socket.destroy()
    refuse(socket, readParseFault(error), error.code)
  })
  server.on('connect', (_req, socket) => {
    socket.on('error', () => {})
    refuse(socket, tunnelRefused)
  })
}

const addressOf = (socket: Duplex): string => readAddress((socket as Partial<Socket>).remoteAddress ?? '') ?? ''

type Report = (cause: object, text: string) => void

/** Tells the log of connections that get no answer, and of those that the returned function is told of. */
function reportTurnedAway(server: Server, log: World['log']): Report {
  let isQuiet = false
  const report: Report = (cause, text) => {
    if (isQuiet) return
    isQuiet = true
    setTimeout(() => {
      isQuiet = false
    }, quietMs).unref()
    log.warn(cause, text)
  }
  server.on('drop', () => report({ limit: server.maxConnections }, 'connections are dropped: too many are open'))
  server.on('error', (err) => {
    if (server.listening) report({ err }, 'connections are not accepted')
  })
  return report
}

interface Ending {
  readonly server: Server
  readonly connections: Connections
  /** What clients get whose answer did not begin in time. */
  last(): string
}

async function close({ server, connections, last }: Ending, graceMs: number, delayMs: number): Promise<void> {
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  const over = new AbortController()
  const force = setTimeout(() => {
    over.abort()
    connections.cut(last())
  }, graceMs)
  if (delayMs > 0) {
    connections.dismiss()
    await delay(delayMs, undefined, { signal: over.signal }).catch(() => {})
  }
  // Whoever is sent away connects anew at once: into a listener that closes, unless it is closed already.
  await stopListening(server, resolve)
  connections.drain()
  if (over.signal.aborted) connections.cut(last())
  await ended
  clearTimeout(force)
}
