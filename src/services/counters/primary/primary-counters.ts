/**
 * Counters in the primary process, shared by its workers. Who is known to be over a limit is refused without asking; what a
 * primary that is gone does not answer is decided limit by limit, as when Redis is away.
 */

import { createHash } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import type { Metrics } from '../../metrics.ts'
import type { Batch, Counters, LocalCounters, Take } from '../counters.ts'
import type { NamedTake } from '../redis/key-names.ts'
import { KnownOver } from '../redis/known-over.ts'
import { Part } from '../redis/part.ts'
import { WithoutStore } from '../redis/without-store.ts'
import type { Desk } from './desk.ts'

const maxKeyLength = 128

interface Parts {
  readonly desk: Desk
  /** How many workers share the limits: without the primary, each counts within its share. */
  readonly workers: number
  readonly local: LocalCounters
  readonly clock: Clock
  readonly metrics: Metrics
}

class PrimaryCounters implements Counters {
  readonly #desk: Desk
  readonly #over: KnownOver
  readonly #without: WithoutStore

  constructor({ desk, clock, workers, ...others }: Parts) {
    this.#desk = desk
    this.#over = new KnownOver(clock)
    this.#without = new WithoutStore({ ...others, nodes: workers })
  }

  take(takes: readonly Take[]): Batch | Promise<Batch> {
    const named = takes.map(nameTake)
    const { isAway } = this.#desk
    return this.#over.find(named, isAway) ?? (isAway ? this.#without.take(named) : this.#ask(named))
  }

  close(): void {}

  async #ask(takes: readonly NamedTake[]): Promise<Batch> {
    const part = new Part(takes, await this.#desk.take(takes))
    if (part.answer === undefined) return this.#without.take(takes)
    if (part.isRefused) this.#over.note(part)
    return { allowed: !part.isRefused, standings: part.standings }
  }
}

/** Two limits may have the same name of a key; a look at the limit tells them apart. */
function nameTake({ limit, key, cost }: Take): NamedTake {
  const bound = boundKey(key)
  return { limit, key: bound, cost, name: `${limit.id} ${bound}`, slot: 0 }
}

/** A key as it travels: a long one as its digest, code unit by code unit. */
const boundKey = (key: string): string =>
  key.length <= maxKeyLength ? key : createHash('sha256').update(key, 'utf16le').digest('base64url')

export const primaryCounters = (parts: Parts): Counters => new PrimaryCounters(parts)
