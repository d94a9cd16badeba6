/** Decides on takes that the store did not answer: each limit as its `onStoreFailure` says. */

import type { Metrics } from '../../metrics.ts'
import type { Batch, Limit, LocalCounters, Take } from '../counters.ts'

interface Parts {
  readonly local: LocalCounters
  readonly metrics: Metrics
  /** How many nodes share the limits. */
  readonly nodes: number
}

export class WithoutStore {
  readonly #local: LocalCounters
  readonly #metrics: Metrics
  readonly #nodes: number
  readonly #shares = new WeakMap<Limit, Limit>()

  constructor({ local, metrics, nodes }: Parts) {
    this.#local = local
    this.#metrics = metrics
    this.#nodes = nodes
  }

  /** Takes all or none; what is passed over has no standing. */
  take(takes: readonly Take[]): Batch {
    for (const { limit } of takes) this.#metrics.limitFallbacks.add({ limit: limit.id, mode: limit.onStoreFailure })
    const refusing = takes.find(({ limit }) => limit.onStoreFailure === 'deny')
    if (refusing !== undefined) return { allowed: false, standings: [], unavailable: refusing.limit }
    const counted = takes.filter(({ limit }) => limit.onStoreFailure === 'local')
    const { allowed, standings } = this.#local.take(counted.map((take) => this.#shareOf(take)))
    const byTake = new Map(counted.map((take, index) => [take, standings[index]]))
    return { allowed, standings: takes.map((take) => byTake.get(take)) }
  }

  /** At least one request fits into it, if one does into the whole: a share smaller than its cost would refuse them all. */
  #shareOf(take: Take): Take {
    const share = this.#shares.get(take.limit) ?? this.#divide(take.limit)
    const least = Math.min(take.cost, take.limit.burst)
    return { ...take, limit: share.burst < least ? raise(share, least) : share }
  }

  #divide(whole: Limit): Limit {
    const part = (units: number) => Math.ceil(units / this.#nodes)
    const share = Object.freeze({ ...whole, limit: part(whole.limit), burst: part(whole.burst) })
    this.#shares.set(whole, share)
    return share
  }
}

const raise = (limit: Limit, burst: number): Limit =>
  limit.algorithm === 'sliding-window' ? { ...limit, limit: burst, burst } : { ...limit, burst }
