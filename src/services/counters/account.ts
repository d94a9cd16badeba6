/** One take of a batch: judged first, then charged if the whole batch fits, then told. */

import type { Standing, Take } from './counters.ts'
import type { Ledger } from './ledger.ts'

export class Account {
  readonly #take: Take
  readonly #own: Ledger
  /** Where the key stands so far: in its limit's own ledger, or in that of the same limit with other numbers. */
  #holder: Ledger
  #cell: number
  /** Milliseconds until the take fits, 0 where it does; `Infinity` where it never will. */
  readonly wait: number

  /** `ledgers` are those of the limit's id, its own among them. */
  constructor(take: Take, own: Ledger, ledgers: readonly Ledger[], now: number) {
    this.#take = take
    this.#own = own
    this.#cell = own.find(take.key)
    this.#holder = own
    if (this.#cell === 0 && ledgers.length > 1) this.#seek(ledgers)
    const room = take.limit.burst - take.cost
    this.wait = room < 0 ? Infinity : this.#holder.meter.wait(this.#cell, room, now)
  }

  /** Uses the take's units. A key whose plan or whose limit's numbers changed takes along the units that it has in use. */
  charge(now: number): void {
    const { cost } = this.#take
    const moved = this.#holder === this.#own ? 0 : this.#leave(now)
    this.#cell = this.#own.add(this.#take.key, this.#cell, moved + cost, now)
  }

  standing(now: number): Standing {
    const { limit } = this.#take
    const { meter } = this.#holder
    return {
      limit,
      remaining: Math.max(0, Math.floor(limit.burst - meter.used(this.#cell, now))),
      reset: meter.wait(this.#cell, 0, now),
      retryAfter: this.wait,
    }
  }

  #seek(ledgers: readonly Ledger[]): void {
    const { key } = this.#take
    this.#holder = ledgers.find((ledger) => ledger.find(key) !== 0) ?? this.#own
    this.#cell = this.#holder.find(key)
  }

  #leave(now: number): number {
    const units = this.#holder.meter.used(this.#cell, now)
    this.#holder.drop(this.#cell)
    this.#holder = this.#own
    this.#cell = 0
    return units
  }
}
