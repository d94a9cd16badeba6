/** Upstreams over HTTP/1.1: one pool of kept connections a target. */

import type { Socket } from 'node:net'
import type { buildConnector, Dispatcher, Pool } from 'undici'
import type { Clock } from '../clock.ts'
import { outgoingOptions } from '../tls/outgoing.ts'
import type { Calls, Target, Upstreams } from './upstreams.ts'

/** Connections to one target; further requests wait, within their own timeout, for one to be free. */
const maxConnections = 1024
/** Milliseconds after which connections are replaced by new ones, so that the name is looked up again. */
const connectionAge = 60_000
const connectTimeout = 10_000
/** Bytes; a longer answer head is refused. */
const maxHeadSize = 32 * 1024

export class UpstreamPools implements Upstreams {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #pools = new Map<string, Promise<RenewedPool>>()

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  dispatcher(target: Target): Promise<Calls> {
    const { origin, ca, cert, key, serverName } = target
    const id = JSON.stringify([origin, ca, cert, key, serverName])
    const pool = this.#pools.get(id) ?? openPool(target, this.#clock)
    this.#pools.set(id, pool)
    return pool
  }

  async close(): Promise<void> {
    const pools = await Promise.all(this.#pools.values())
    this.#pools.clear()
    await Promise.all(pools.map((pool) => pool.destroy()))
  }
}

/** Loads undici only where a policy has an upstream, and of it what is used: the whole takes twice the time and memory. */
async function openPool(target: Target, clock: Pick<Clock, 'monotonic'>): Promise<RenewedPool> {
  const { default: Pool } = await import('undici/lib/dispatcher/pool.js')
  const { default: buildConnector } = await import('undici/lib/core/connect.js')
  const connect = noting(buildConnector({ ...outgoingOptions(target), timeout: connectTimeout, allowH2: false }))
  const open = () =>
    new Pool(target.origin, {
      connect,
      connections: maxConnections,
      maxHeaderSize: maxHeadSize,
      allowH2: false,
      // The engine holds every exchange to its own timeouts.
      headersTimeout: 0,
      bodyTimeout: 0,
    })
  return new RenewedPool(open, clock)
}

/**
 * A pool that a fresh one replaces now and then; what runs on the old one ends there. undici's own age limit of connections
 * asks the time once for each of them, twice a request.
 */
class RenewedPool implements Calls {
  readonly #open: () => Pool
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #retired = new Set<Pool>()
  #pool: Pool
  #due: number

  constructor(open: () => Pool, clock: Pick<Clock, 'monotonic'>) {
    this.#open = open
    this.#clock = clock
    this.#pool = open()
    this.#due = clock.monotonic() + connectionAge
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const now = this.#clock.monotonic()
    if (now >= this.#due) this.#renew(now)
    return this.#pool.dispatch(options, handler)
  }

  async destroy(): Promise<void> {
    this.#due = Infinity
    await Promise.all([this.#pool, ...this.#retired].map((pool) => pool.destroy()))
  }

  #renew(now: number): void {
    const old = this.#pool
    this.#retired.add(old)
    const forget = () => void this.#retired.delete(old)
    old.close().then(forget, forget)
    this.#pool = this.#open()
    this.#due = now + connectionAge
  }
}

/** Notes on a connection's error what undici notes on its own: how much had been read, which tells a used one. */
const noting =
  (connect: buildConnector.connector): buildConnector.connector =>
  (options, callback) =>
    connect(options, (...[error, socket]: [Error, null] | [null, Socket]) => {
      if (error !== null) return callback(error, null)
      socket.on('error', (reason) => Object.assign(reason, { socket: { bytesRead: socket.bytesRead } }))
      callback(null, socket)
    })
