/** Asks again for rooms in which nothing happens: they wait, or have leases to renew. Few at a time, so that Redis bears it. */

import { firstOf } from './first-of.ts'
import type { SharedRoom } from './shared-room.ts'

/** Milliseconds from round to round, while few take part, and while many do. */
const shortPause = 5
const longPause = 20
const few = 20
/** Rooms of one round. */
const most = 200

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
    const rooms = firstOf(this.#rooms, most)
    this.#count = rooms.length
    for (const room of rooms) {
      this.#rooms.delete(room)
      room.ask()
    }
    const [next] = this.#rooms
    if (next !== undefined) this.add(next)
  }
}
