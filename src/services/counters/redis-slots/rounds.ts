/** Asks again for rooms in which nothing happens: they wait, or have leases to renew. Few at a time, so that Redis bears it. */

import { firstOf } from './first-of.ts'
import type { SharedRoom } from './shared-room.ts'

/** Milliseconds from round to round, while few take part, and while many do. */
const shortPause = 5
const longPause = 20
const few = 10
/** Rooms of one round; where there are more, all have had their turn after so many rounds: 4 s, well within a lease. */
const usual = 50
const rounds = 200

export class Rounds {
  readonly #rooms = new Set<SharedRoom>()
  #count = 0
  #timer: NodeJS.Timeout | undefined

  /** Asks for this room in one of the next rounds, once. */
  add(room: SharedRoom): void {
    this.#rooms.add(room)
    this.#timer ??= setTimeout(() => this.#ask(), this.#count > few ? longPause : shortPause).unref()
  }

  delete(room: SharedRoom): void {
    this.#rooms.delete(room)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#rooms.clear()
  }

  #ask(): void {
    this.#timer = undefined
    const next = firstOf(this.#rooms, Math.max(usual, Math.ceil(this.#rooms.size / rounds)))
    this.#count = next.length
    for (const room of next) {
      this.#rooms.delete(room)
      room.ask()
    }
    for (const room of firstOf(this.#rooms, 1)) this.add(room)
  }
}
