/** Says that a Redis does not answer, and that it does again: where the status is shown, in the log, and as a metric. */

import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Status } from '../status.ts'

/** What a connection to Redis needs from the world. */
export interface StoreWorld {
  readonly metrics: Metrics
  readonly status: Status
  readonly log: Log
  readonly clock: Clock
}

/** Milliseconds: what is over before is no news. */
export const grace = 250
/** Milliseconds in which refusals are told once. */
const refusalsApart = 10_000

export class Outage {
  readonly #world: StoreWorld
  /** Host and port, or whatever it is known by. */
  readonly #server: string
  #reason = ''
  #since = 0
  #timer: NodeJS.Timeout | undefined
  #isTold = false
  #isForgotten = false
  #refusedAt = Number.NEGATIVE_INFINITY

  constructor(world: StoreWorld, server: string) {
    this.#world = world
    this.#server = server
    world.metrics.store.servers.set(server, true)
  }

  /** The latest. */
  get reason(): string {
    return this.#reason
  }

  /** Tells of it unless it is over within so many milliseconds. */
  begin(reason: string, milliseconds: number): void {
    if (this.#isForgotten) return
    this.#reason = reason
    this.#since = this.#world.clock.monotonic()
    this.#world.metrics.store.servers.set(this.#server, false)
    this.#timer = setTimeout(() => this.#tell(), milliseconds).unref()
  }

  /** Notes a later reason, which says more than the first where nobody has been told yet. */
  note(reason: string): void {
    this.#reason = reason
    if (this.#isTold && !this.#isForgotten) this.#report()
  }

  end(): void {
    if (this.#isForgotten) return
    const { metrics, status, log, clock } = this.#world
    clearTimeout(this.#timer)
    metrics.store.servers.set(this.#server, true)
    status.clear(this)
    const seconds = Math.round((clock.monotonic() - this.#since) / 100) / 10
    if (this.#isTold) log.info({ server: this.#server, seconds }, 'redis answers again')
    this.#isTold = false
  }

  /** Tells of a script that the server refuses: a right is missing, or the script is wrong. False where that is no news. */
  tellRefusal(reason: string): boolean {
    const now = this.#world.clock.monotonic()
    if (now - this.#refusedAt < refusalsApart) return false
    this.#refusedAt = now
    this.#world.log.error({ server: this.#server, reason }, 'redis refuses a script')
    return true
  }

  /** Says no more of it: the server has no part any longer, or nobody asks. */
  forget(): void {
    this.#isForgotten = true
    clearTimeout(this.#timer)
    this.#world.metrics.store.servers.delete(this.#server)
    this.#world.status.clear(this)
  }

  #tell(): void {
    this.#isTold = true
    this.#report()
    this.#world.log.warn({ server: this.#server, reason: this.#reason }, 'redis does not answer')
  }

  #report(): void {
    this.#world.status.report(this, 'state', `Redis at ${this.#server} does not answer: ${this.#reason}.`)
  }
}
