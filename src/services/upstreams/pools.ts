/** The upstreams of a server: one pool of connections a target. */

import type { Clock } from '../clock.ts'
import { ConnectionPool } from './pool.ts'
import type { Calls, Target, Upstreams } from './upstreams.ts'

export class UpstreamPools implements Upstreams {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #pools = new Map<string, ConnectionPool>()
  #isClosed = false

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  calls(target: Target): Calls {
    const { origin, ca, cert, key, serverName } = target
    const id = JSON.stringify([origin, ca, cert, key, serverName])
    const pool = this.#pools.get(id) ?? new ConnectionPool(target, this.#clock)
    this.#pools.set(id, pool)
    if (this.#isClosed) pool.close()
    return pool
  }

  close(): void {
    this.#isClosed = true
    for (const pool of this.#pools.values()) pool.close()
    this.#pools.clear()
  }
}
