/**
 * Counters in Redis, shared by all nodes. What Redis does not answer is decided here, limit by limit. The takes of a request
 * whose keys are in several slots of a cluster are charged slot by slot, and given back where one of them refuses: for a
 * moment others may be refused for their sake, but nobody is ever allowed more than the limit.
 */

import type { Clock } from '../../clock.ts'
import type { Metrics } from '../../metrics.ts'
import type { Store } from '../../redis/store.ts'
import type { Batch, Counters, LocalCounters, Standing, Take } from '../counters.ts'
import { Desk } from './desk.ts'
import { giveBackScript } from './give-back-script.ts'
import { KeyNames, type NamedTake } from './key-names.ts'
import { KnownOver } from './known-over.ts'
import { Part } from './part.ts'
import { WithoutStore } from './without-store.ts'

interface Parts {
  readonly prefix: string
  /** How many nodes share the limits: while Redis does not answer, each counts within its share. */
  readonly nodes: number
  readonly local: LocalCounters
  readonly clock: Clock
  readonly metrics: Metrics
}

class RedisCounters implements Counters {
  readonly #store: Store
  readonly #names: KeyNames
  readonly #desk: Desk
  readonly #over: KnownOver
  readonly #without: WithoutStore

  constructor(store: Store, { prefix, clock, ...others }: Parts) {
    this.#store = store
    this.#names = new KeyNames(prefix, store)
    this.#desk = new Desk(store, clock)
    this.#over = new KnownOver(clock)
    this.#without = new WithoutStore(others)
  }

  take(takes: readonly Take[]): Batch | Promise<Batch> {
    const named = takes.map((take) => this.#names.name(take))
    const { isAway } = this.#store
    return this.#over.find(named, isAway) ?? (isAway ? this.#without.take(named) : this.#ask(named))
  }

  /** The store is closed by who opened it. */
  close(): void {}

  async #ask(takes: readonly NamedTake[]): Promise<Batch> {
    const bySlot = Map.groupBy(takes, ({ slot }) => slot)
    const [first, ...others] = await Promise.all(Array.from(bySlot, ([slot, own]) => this.#askSlot(own, slot)))
    if (first === undefined) return { allowed: true, standings: [] }
    if (others.length === 0 && first.answer !== undefined)
      return { allowed: !first.isRefused, standings: first.standings }
    return this.#settle(takes, [first, ...others])
  }

  async #askSlot(takes: readonly NamedTake[], slot: number): Promise<Part> {
    const part = new Part(takes, await this.#desk.ask(takes, slot))
    if (part.isRefused) this.#over.note(part)
    return part
  }

  #settle(takes: readonly NamedTake[], parts: readonly Part[]): Batch {
    const [answered, lost] = [parts.filter(({ answer }) => answer), parts.filter(({ answer }) => !answer)]
    const unanswered = lost.flatMap((part) => part.takes)
    const isRefused = answered.some((part) => part.isRefused)
    // What another part refuses is not counted here either.
    const rest: Batch = isRefused ? { allowed: false, standings: [] } : this.#without.take(unanswered)
    if (!rest.allowed) for (const part of answered) if (!part.isRefused) this.#giveBack(part)
    const standings = new Map<NamedTake, Standing | undefined>(unanswered.map((take, i) => [take, rest.standings[i]]))
    for (const part of answered) part.takes.forEach((take, i) => void standings.set(take, part.standings[i]))
    return { ...rest, standings: takes.map((take) => standings.get(take)) }
  }

  /** Where this does not arrive, the client has been charged for a request that was refused, and no more than that. */
  #giveBack({ takes, answer }: Part): void {
    const names = takes.map(({ name }) => name)
    const args = [answer?.takenAt ?? 0, ...takes.map(({ cost }) => cost)]
    this.#store.run(giveBackScript, names, args).catch(() => {})
  }
}

export const redisCounters = (store: Store, parts: Parts): Counters => new RedisCounters(store, parts)
