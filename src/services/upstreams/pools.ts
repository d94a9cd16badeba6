/** Upstreams over HTTP/1.1: one pool of kept connections a target. */

import type { Socket } from 'node:net'
import type { buildConnector, Dispatcher, Pool } from 'undici'
import type { Target, Upstreams } from './upstreams.ts'

/** Connections to one target; further requests wait, within their own timeout, for one to be free. */
const maxConnections = 1024
/** Milliseconds after which a connection is replaced by a new one, so that the name is looked up again. */
const connectionAge = 60_000
const connectTimeout = 10_000
/** Bytes; a longer answer head is refused. */
const maxHeadSize = 32 * 1024

export class UpstreamPools implements Upstreams {
  readonly #pools = new Map<string, Promise<Pool>>()

  dispatcher(target: Target): Promise<Dispatcher> {
    const { origin, ca, cert, key, serverName } = target
    const id = JSON.stringify([origin, ca, cert, key, serverName])
    const pool = this.#pools.get(id) ?? openPool(target)
    this.#pools.set(id, pool)
    return pool
  }

  async close(): Promise<void> {
    const pools = await Promise.all(this.#pools.values())
    this.#pools.clear()
    await Promise.all(pools.map((pool) => pool.destroy()))
  }
}

/** Loads undici only where a policy has an upstream: start-up stays fast. */
async function openPool(target: Target): Promise<Pool> {
  const { buildConnector, Pool } = await import('undici')
  return new Pool(target.origin, {
    connect: noting(buildConnector(connectorOptions(target))),
    connections: maxConnections,
    clientTtl: connectionAge,
    maxHeaderSize: maxHeadSize,
    allowH2: false,
    // The engine holds every exchange to its own timeouts.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
}

const connectorOptions = ({ ca, cert, key, serverName }: Target): buildConnector.BuildOptions => ({
  timeout: connectTimeout,
  allowH2: false,
  minVersion: 'TLSv1.2',
  ...(ca !== undefined && { ca }),
  ...(cert !== undefined && { cert }),
  ...(key !== undefined && { key }),
  ...(serverName !== undefined && { servername: serverName }),
})

/** Notes on a connection's error what undici notes on its own: how much had been read, which tells a used one. */
const noting =
  (connect: buildConnector.connector): buildConnector.connector =>
  (options, callback) =>
    connect(options, (...[error, socket]: [Error, null] | [null, Socket]) => {
      if (error !== null) return callback(error, null)
      socket.on('error', (reason) => Object.assign(reason, { socket: { bytesRead: socket.bytesRead } }))
      callback(null, socket)
    })
