/** While a part of the log fails: said once, shown in the status, and tried again once a second. */

import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import { reasonOf } from '../../reason.ts'
import type { Status } from '../../status.ts'

/** Milliseconds between attempts. */
export const retryEvery = 1000

export class Outage {
  readonly #part: string
  readonly #what: string
  readonly #world: OutageWorld
  #reason: string | undefined
  #next = 0

  /** `what` is the sentence that the reason ends. */
  constructor(part: string, what: string, world: OutageWorld) {
    this.#part = part
    this.#what = what
    this.#world = world
  }

  get isOn(): boolean {
    return this.#reason !== undefined
  }

  /** Whether it may be tried now. */
  get isDue(): boolean {
    return this.#reason === undefined || this.#world.clock.monotonic() >= this.#next
  }

  /** An attempt failed; another reason than before is said again. */
  begin(error: unknown): void {
    const { clock, log, status } = this.#world
    const reason = reasonOf(error)
    if (this.#reason !== reason) log.error({ part: this.#part, reason }, this.#what)
    this.#reason = reason
    this.#next = clock.monotonic() + retryEvery
    status.report(this, this.#part, `${this.#what}: ${reason}`)
  }

  end(): void {
    if (this.#reason === undefined) return
    const { log, status } = this.#world
    this.#reason = undefined
    status.clear(this)
    log.info({ part: this.#part }, `over: ${this.#what}`)
  }

  /** Nothing more is tried. */
  drop(): void {
    this.#world.status.clear(this)
  }
}

export interface OutageWorld {
  readonly clock: Clock
  readonly log: Log
  readonly status: Status
}
