/** The tickets of one key on this node, by what has become of them so far. */

import type { SlotTally } from '../../metrics/slot-tally.ts'
import type { Terms } from '../slots.ts'
import { firstOf } from './first-of.ts'
import type { SharedTicket } from './shared-ticket.ts'
import { holds, isFull } from './step-script.ts'

export class Tickets {
  readonly held = new Set<SharedTicket>()
  /** They have a place in the queue; in their order. */
  readonly waiting = new Set<SharedTicket>()
  /** They are to be told, or told again, whether they have a slot, a place or neither. */
  readonly asking = new Set<SharedTicket>()
  readonly #tally: SlotTally
  #lastOrder = 0

  constructor(tally: SlotTally) {
    this.#tally = tally
  }

  get isEmpty(): boolean {
    return this.held.size === 0 && this.waiting.size === 0 && this.asking.size === 0
  }

  /** Tells a ticket what was decided, as the script says it. */
  tell(ticket: SharedTicket, answer: number): void {
    if (ticket.state === 'over') return
    if (answer === holds) this.#admit(ticket)
    else if (answer === isFull) this.#refuse(ticket)
    else this.#enqueue(ticket, answer)
  }

  remove(ticket: SharedTicket): void {
    if (this.held.delete(ticket)) this.#tally.inUse--
    this.#leaveQueue(ticket)
  }

  /** Those who waited come before those who ask for the first time. */
  lineUpAgain(): void {
    const newcomers = [...this.asking]
    this.asking.clear()
    for (const ticket of [...this.waiting, ...newcomers]) this.asking.add(ticket)
    this.waiting.clear()
  }

  /** Decides without Redis: as for a single node, counting what it holds of the slots of all. */
  decideAlone({ max, queue }: Terms, now: number): void {
    for (const ticket of firstOf(this.waiting, max - this.held.size)) this.#decide(ticket, holds)
    for (const ticket of this.asking) {
      if (this.held.size < max) this.#decide(ticket, holds)
      else if (ticket.state === 'asking' && this.waiting.size >= queue) this.#decide(ticket, isFull)
      else this.#enqueue(ticket, ticket.order || this.#nextOrder(now))
    }
  }

  #decide(ticket: SharedTicket, answer: number): void {
    this.#tally.alone++
    this.tell(ticket, answer)
  }

  /** Microseconds, as Redis gives them, by this node's clock. */
  #nextOrder(now: number): number {
    this.#lastOrder = Math.max(this.#lastOrder + 1, now * 1_000)
    return this.#lastOrder
  }

  #admit(ticket: SharedTicket): void {
    this.#leaveQueue(ticket)
    this.held.add(ticket)
    this.#tally.inUse++
    ticket.admit()
  }

  #refuse(ticket: SharedTicket): void {
    this.#leaveQueue(ticket)
    this.#tally.full++
    ticket.refuse()
  }

  #enqueue(ticket: SharedTicket, order: number): void {
    ticket.order = order
    this.asking.delete(ticket)
    this.waiting.add(ticket)
    if (ticket.state === 'asking') this.#tally.waiting++
    ticket.state = 'waiting'
  }

  #leaveQueue(ticket: SharedTicket): void {
    this.asking.delete(ticket)
    this.waiting.delete(ticket)
    if (ticket.state === 'waiting') this.#tally.waiting--
  }
}
