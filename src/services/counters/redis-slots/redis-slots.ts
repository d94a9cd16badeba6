/** Slots of all nodes, in Redis; while it is away, each node counts by itself. */

import { randomBytes } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import type { SlotTally } from '../../metrics/slot-tally.ts'
import type { Metrics } from '../../metrics.ts'
import type { Store } from '../../redis/store.ts'
import type { SlotPool, Slots, Terms } from '../slots.ts'
import { Rounds } from './rounds.ts'
import { SharedPool } from './shared-pool.ts'
import { SharedRoom } from './shared-room.ts'
import { argumentsOf, keysOfSlots, type Step, stepScript } from './step-script.ts'

interface RedisSlotsOptions {
  readonly store: Store
  /** What its keys begin with. */
  readonly prefix: string
  /** How many nodes share the slots: while Redis is away, each gives its share; 1 unless told. */
  readonly nodes?: number
  /** For limits of one node alone. */
  readonly local: Slots
  readonly clock: Clock
  readonly metrics: Pick<Metrics, 'slotTally'>
  /** Milliseconds after which the slots of a dead node are free; 10 s unless told. */
  readonly life?: number
}

export class RedisSlots implements Slots {
  readonly #options: RedisSlotsOptions
  readonly #life: number
  readonly #node = randomBytes(9).toString('base64url')
  readonly #pools = new Map<string, SharedPool>()
  readonly #rooms = new Set<SharedRoom>()
  readonly #rounds = new Rounds()
  #sessions = 0
  #renewTimer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(options: RedisSlotsOptions) {
    this.#options = options
    this.#life = options.life ?? 10_000
  }

  pool(id: string): SlotPool {
    return this.#options.local.pool(id)
  }

  sharedPool(id: string): SharedPool {
    const pool = this.#pools.get(id) ?? this.#openPool(id)
    this.#pools.set(id, pool)
    return pool
  }

  /** Gives back what is still held, so that other nodes need not wait for its leases to end. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#rounds.close()
    clearInterval(this.#renewTimer)
    await Promise.all(Array.from(this.#rooms, (room) => room.close()))
  }

  #openPool(id: string): SharedPool {
    const tally = this.#options.metrics.slotTally(id)
    return new SharedPool((key, leave) => this.#openRoom(keysOfSlots(this.#options.prefix, id, key), tally, leave))
  }

  #openRoom(keys: readonly string[], tally: SlotTally, leave: () => void): SharedRoom {
    const { clock, store } = this.#options
    const room = new SharedRoom({
      life: this.#life,
      tally,
      now: () => clock.now(),
      nextSession: () => `${this.#node}.${(this.#sessions++).toString(36)}`,
      shareOf: (terms) => this.#shareOf(terms),
      isAway: () => this.#isClosed || store.isAway,
      settle: (step) => this.#settle(keys, step),
      rest: () => this.#rest(room, leave),
    })
    this.#rooms.add(room)
    this.#renewTimer ??= setInterval(() => this.#renew(), this.#life / 3).unref()
    return room
  }

  async #settle(keys: readonly string[], step: Step): Promise<readonly number[]> {
    const answers = await this.#options.store.run(stepScript, keys, argumentsOf(step))
    return (answers as readonly unknown[]).map(Number)
  }

  #shareOf(terms: Terms): Terms {
    const { nodes = 1 } = this.#options
    return { ...terms, max: Math.ceil(terms.max / nodes), queue: Math.ceil(terms.queue / nodes) }
  }

  #rest(room: SharedRoom, leave: () => void): void {
    if (room.isEmpty) {
      this.#rooms.delete(room)
      this.#rounds.delete(room)
      leave()
    } else if (room.mustAsk && !this.#isClosed) this.#rounds.add(room)
  }

  #renew(): void {
    for (const room of this.#rooms) if (room.mustRenew()) this.#rounds.add(room)
    if (this.#rooms.size > 0) return
    clearInterval(this.#renewTimer)
    this.#renewTimer = undefined
  }
}
