/** Who is over a limit by Redis's own word: refused here until it would be served, without asking again. */

import type { Clock } from '../../clock.ts'
import type { Batch, Limit, Standing } from '../counters.ts'
import type { NamedTake } from './key-names.ts'
import { Lately } from './lately.ts'
import type { Part } from './part.ts'

const mostKeys = 50_000
/** Milliseconds after which Redis is asked anew where it can be: it may have been told to forget. */
const trusted = 5_000

interface Over {
  /** A limit with other numbers is not held by this. */
  readonly limit: Limit
  readonly cost: number
  readonly remaining: number
  /** Milliseconds on this node's clock. */
  readonly notedAt: number
  readonly fitsAt: number
  readonly wholeAt: number
}

export class KnownOver {
  readonly #clock: Clock
  readonly #keys = new Lately<Over>(mostKeys)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The refusal of a request of which one take is known not to fit yet; `isAway` where nobody can be asked. */
  find(takes: readonly NamedTake[], isAway: boolean): Batch | undefined {
    if (this.#keys.isEmpty) return undefined
    const now = this.#clock.monotonic()
    const standings = takes.map((take) => this.#standing(take, now, isAway))
    return standings.some((standing) => standing !== undefined) ? { allowed: false, standings } : undefined
  }

  /** Notes every take of a part that Redis refused and that will fit some time. */
  note({ takes, standings, answer }: Part): void {
    const notedAt = answer?.askedAt ?? 0
    takes.forEach(({ limit, cost, name }, index) => {
      const { remaining = 0, reset = 0, retryAfter = 0 } = standings[index] ?? {}
      if (retryAfter === 0 || retryAfter === Infinity) return
      const [fitsAt, wholeAt] = [notedAt + retryAfter, notedAt + reset]
      this.#keys.set(name, { limit, cost, remaining, notedAt, fitsAt, wholeAt })
    })
  }

  #standing({ limit, cost, name }: NamedTake, now: number, isAway: boolean): Standing | undefined {
    const over = this.#keys.get(name)
    if (over === undefined || over.limit !== limit || cost < over.cost) return undefined
    const until = isAway ? over.fitsAt : Math.min(over.fitsAt, over.notedAt + trusted)
    if (now >= until) return undefined
    return { limit, remaining: over.remaining, reset: over.wholeAt - now, retryAfter: over.fitsAt - now }
  }
}
