/** The slots of one limit over all nodes. A key is here only while this node has something to settle about it. */

import type { SlotPool, Terms, Ticket } from '../slots.ts'
import type { SharedRoom } from './shared-room.ts'

export class SharedPool implements SlotPool {
  readonly #open: (key: string) => SharedRoom
  readonly #rooms = new Map<string, SharedRoom>()

  constructor(open: (key: string, leave: () => void) => SharedRoom) {
    this.#open = (key) => open(key, () => this.#rooms.delete(key))
  }

  /** How many keys are in use. */
  get size(): number {
    return this.#rooms.size
  }

  take(key: string, terms: Terms): Ticket {
    const room = this.#rooms.get(key) ?? this.#open(key)
    this.#rooms.set(key, room)
    return room.take(terms)
  }
}
