/** One key of a pool: how many hold a slot, and who waits for one, served in the order in which they came. */

import type { SlotTally } from '../metrics/slot-tally.ts'
import type { Terms, Ticket } from './slots.ts'

export class Room {
  readonly key: string
  readonly #tally: SlotTally
  #max = 0
  #held = 0
  #waiting = 0
  #first: RoomTicket | undefined
  #last: RoomTicket | undefined

  constructor(key: string, tally: SlotTally) {
    this.key = key
    this.#tally = tally
  }

  get isEmpty(): boolean {
    return this.#held === 0 && this.#waiting === 0
  }

  /** The latest word on `max` counts: after a reload also for those who were already waiting. */
  take({ max, queue, wait }: Terms, leave: Leave): Ticket | undefined {
    this.#max = max
    this.#admit()
    if (this.#held < max) {
      this.#hold()
      return new RoomTicket(this, leave)
    }
    if (this.#waiting < queue) return this.#enqueue(new RoomTicket(this, leave), wait)
    this.#tally.full++
    return undefined
  }

  release(): void {
    this.#held--
    this.#tally.inUse--
    this.#admit()
  }

  /** Takes a ticket out of the queue, wherever it stands. */
  remove(ticket: RoomTicket): void {
    const { before, after } = ticket
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
    this.#waiting--
    this.#tally.waiting--
  }

  late(): void {
    this.#tally.late++
  }

  #hold(): void {
    this.#held++
    this.#tally.inUse++
  }

  #admit(): void {
    while (this.#first !== undefined && this.#held < this.#max) {
      const next = this.#first
      this.remove(next)
      this.#hold()
      next.admit()
    }
  }

  #enqueue(ticket: RoomTicket, wait: number): Ticket {
    ticket.before = this.#last
    if (this.#last === undefined) this.#first = ticket
    else this.#last.after = ticket
    this.#last = ticket
    this.#waiting++
    this.#tally.waiting++
    ticket.await(wait)
    return ticket
  }
}

/** Is told of every ticket that left a room. */
type Leave = (room: Room) => void

class RoomTicket implements Ticket {
  turn: Promise<boolean> | undefined
  /** Its neighbours in the queue. */
  before: RoomTicket | undefined
  after: RoomTicket | undefined
  readonly #room: Room
  readonly #leave: Leave
  #state: 'held' | 'waiting' | 'over' = 'held'
  #timer: NodeJS.Timeout | undefined
  #settle: ((held: boolean) => void) | undefined

  constructor(room: Room, leave: Leave) {
    this.#room = room
    this.#leave = leave
  }

  /** Waits for its turn, and leaves the queue by itself once so many milliseconds are over. */
  await(milliseconds: number): void {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.turn = promise
    this.#settle = resolve
    this.#state = 'waiting'
    this.#timer = setTimeout(() => {
      this.#room.late()
      this.giveBack()
    }, milliseconds)
  }

  admit(): void {
    this.#state = 'held'
    this.#end(true)
  }

  giveBack(): void {
    const state = this.#state
    if (state === 'over') return
    this.#state = 'over'
    if (state === 'held') this.#room.release()
    else {
      this.#room.remove(this)
      this.#end(false)
    }
    this.#leave(this.#room)
  }

  #end(held: boolean): void {
    clearTimeout(this.#timer)
    this.#settle?.(held)
  }
}
