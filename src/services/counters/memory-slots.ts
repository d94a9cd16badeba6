/** Slots in this process. A key exists only while somebody holds or waits for one of its slots: their number bounds it. */

import type { SlotTally } from '../metrics/slot-tally.ts'
import type { Metrics } from '../metrics.ts'
import { Room } from './room.ts'
import type { SlotPool, Slots, Terms, Ticket } from './slots.ts'

class MemoryPool implements SlotPool {
  readonly #tally: SlotTally
  readonly #rooms = new Map<string, Room>()
  readonly #leave = (room: Room): void => {
    if (room.isEmpty) this.#rooms.delete(room.key)
  }

  constructor(tally: SlotTally) {
    this.#tally = tally
  }

  /** How many keys are in use. */
  get size(): number {
    return this.#rooms.size
  }

  take(key: string, terms: Terms): Ticket | undefined {
    return (this.#rooms.get(key) ?? this.#open(key)).take(terms, this.#leave)
  }

  #open(key: string): Room {
    const room = new Room(key, this.#tally)
    this.#rooms.set(key, room)
    return room
  }
}

class MemorySlots implements Slots {
  readonly #metrics: Pick<Metrics, 'slotTally'>
  readonly #pools = new Map<string, MemoryPool>()

  constructor(metrics: Pick<Metrics, 'slotTally'>) {
    this.#metrics = metrics
  }

  pool(id: string): MemoryPool {
    const pool = this.#pools.get(id) ?? new MemoryPool(this.#metrics.slotTally(id))
    this.#pools.set(id, pool)
    return pool
  }

  /** Here one process is all there is. */
  sharedPool(id: string): MemoryPool {
    return this.pool(id)
  }
}

/** Slots in memory, which these metrics tell of; they survive a reload, not a restart. */
export const memorySlots = (metrics: Pick<Metrics, 'slotTally'>): MemorySlots => new MemorySlots(metrics)
