/** A request that wants a slot of all nodes, has one, or had one. */

import type { Ticket } from '../slots.ts'

/** What a ticket tells its room of. */
export interface TicketRoom {
  giveBack(ticket: SharedTicket): void
  late(ticket: SharedTicket): void
}

export class SharedTicket implements Ticket {
  readonly turn: Promise<boolean>
  state: 'asking' | 'waiting' | 'held' | 'over' = 'asking'
  /** What Redis may know it by; nothing where it cannot. */
  id: string | undefined
  /** Its place among all that wait; 0 until it has one. */
  order = 0
  wasFull = false
  readonly #room: TicketRoom
  readonly #settle: (held: boolean) => void
  readonly #timer: NodeJS.Timeout

  constructor(wait: number, room: TicketRoom) {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.turn = promise
    this.#settle = resolve
    this.#room = room
    this.#timer = setTimeout(() => room.late(this), wait)
  }

  admit(): void {
    this.state = 'held'
    this.#end(true)
  }

  /** There is neither a slot nor a place. */
  refuse(): void {
    this.state = 'over'
    this.wasFull = true
    this.#end(false)
  }

  giveBack(): void {
    if (this.state === 'over') return
    this.#room.giveBack(this)
    this.state = 'over'
    this.#end(false)
  }

  #end(held: boolean): void {
    clearTimeout(this.#timer)
    this.#settle(held)
  }
}
