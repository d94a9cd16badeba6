/**
 * One key of a shared pool as this node knows it, and what it settles with Redis, one step at a time. A step that is not
 * answered may have been done all the same, or may be done later: it ends the session, and a new one begins by disowning it.
 */

import type { SlotTally } from '../../metrics/slot-tally.ts'
import type { Terms } from '../slots.ts'
import { firstOf } from './first-of.ts'
import { SharedTicket, type TicketRoom } from './shared-ticket.ts'
import { isFull, isLost, type Step } from './step-script.ts'
import { Tickets } from './tickets.ts'

/** What a room needs of the pool that it belongs to. */
export interface RoomParts {
  /** Milliseconds of a lease. */
  readonly life: number
  readonly tally: SlotTally
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number
  nextSession(): string
  /** What this node may decide alone. */
  shareOf(terms: Terms): Terms
  isAway(): boolean
  /** Rejects where Redis does not answer. */
  settle(step: Step): Promise<readonly number[]>
  /** Is told after each step, and when nothing is left to do. */
  rest(room: SharedRoom): void
}

/** Of those who have a place already, so many are asked for: the others cannot have a slot before them. */
const mostWaiting = 100
/** So many new ones, and so many leases, go with one step. */
const batch = 300

export class SharedRoom implements TicketRoom {
  readonly #parts: RoomParts
  readonly #tickets: Tickets
  #terms: Terms = { max: 0, queue: 0, wait: 0 }
  #session: string
  #ids = 0
  /** When Redis was last asked, and when it was in sessions that it still has to forget. */
  #askedAt = Number.NEGATIVE_INFINITY
  #disownedAt: number | undefined
  /** Ids that Redis still has to forget. */
  #gone: string[] = []
  #toRenew: SharedTicket[] = []
  #isStepping = false
  #isDue = false

  constructor(parts: RoomParts) {
    this.#parts = parts
    this.#tickets = new Tickets(parts.tally)
    this.#session = parts.nextSession()
  }

  /** What an earlier session held is free by itself once its leases are over. */
  get isEmpty(): boolean {
    if (this.#isStepping || this.#gone.length > 0 || !this.#tickets.isEmpty) return false
    return this.#disownedAt === undefined || this.#parts.now() - this.#disownedAt > this.#parts.life
  }

  /** Whether Redis has to be asked again, though nothing happens here. */
  get mustAsk(): boolean {
    return this.#tickets.waiting.size > 0 || this.#gone.length > 0 || this.#disownedAt !== undefined
  }

  take(terms: Terms): SharedTicket {
    this.#terms = terms
    const ticket = new SharedTicket(terms.wait, this)
    this.#tickets.asking.add(ticket)
    this.#wake()
    return ticket
  }

  giveBack(ticket: SharedTicket): void {
    this.#tickets.remove(ticket)
    if (ticket.id !== undefined) this.#gone.push(ticket.id)
    this.#wake()
  }

  late(ticket: SharedTicket): void {
    this.#parts.tally.late++
    ticket.giveBack()
  }

  /** Asks again for those who wait, and keeps leases alive. */
  ask(): void {
    this.#isDue = true
    this.#wake()
  }

  /** Whether there are leases to keep alive; they go with the next step. */
  mustRenew(): boolean {
    this.#toRenew = [...this.#tickets.held]
    return this.#toRenew.length > 0
  }

  /** Gives everything back at once, and tells those who wait that it is over: nobody here is served any more. */
  async close(): Promise<void> {
    for (const ticket of [...this.#tickets.waiting, ...this.#tickets.asking]) ticket.giveBack()
    this.#endSession()
    await this.#parts.settle(this.#describe([], [], [])).catch(() => {})
  }

  #wake(): void {
    if (this.#isStepping) return
    this.#isStepping = true
    setImmediate(() => void this.#steps())
  }

  /** What comes while one step is under way goes with the next. */
  async #steps(): Promise<void> {
    let isAnswered = true
    while (isAnswered && this.#hasNews) isAnswered = await this.#step()
    this.#isStepping = false
    this.#parts.rest(this)
  }

  get #hasNews(): boolean {
    return this.#isDue || this.#tickets.asking.size > 0 || this.#gone.length > 0 || this.#toRenew.length > 0
  }

  async #step(): Promise<boolean> {
    this.#isDue = false
    if (this.#parts.isAway()) return this.#goOnAlone()
    const { held, waiting, asking } = this.#tickets
    const renewed = this.#disownedAt === undefined ? this.#toRenew.splice(0, batch) : [...held]
    const tickets = [...firstOf(waiting, Math.min(mostWaiting, this.#terms.max)), ...firstOf(asking, batch)]
    const stillHeld = renewed.filter(({ state }) => state === 'held')
    const step = this.#describe(this.#gone.splice(0, batch), stillHeld, tickets)
    this.#askedAt = this.#parts.now()
    try {
      this.#hear(tickets, await this.#parts.settle(step))
      return true
    } catch {
      this.#endSession()
      return this.#goOnAlone()
    }
  }

  #describe(gone: readonly string[], held: readonly SharedTicket[], waiting: readonly SharedTicket[]): Step {
    const { max, queue } = this.#terms
    const isKnown = this.#tickets.waiting.size > waiting.filter(({ state }) => state === 'waiting').length
    return {
      ...{ life: this.#parts.life, max, places: queue, session: this.#session },
      ...{ forgets: this.#disownedAt !== undefined, isKnown, gone },
      held: held.map((ticket) => this.#identify(ticket).id),
      waiting: waiting.map((ticket) => this.#identify(ticket)),
    }
  }

  #identify(ticket: SharedTicket): { readonly id: string; readonly order: number } {
    ticket.id ??= `${this.#session}:${(this.#ids++).toString(36)}`
    return { id: ticket.id, order: ticket.order }
  }

  #hear(tickets: readonly SharedTicket[], answers: readonly number[]): void {
    if (answers[0] === isLost) {
      this.#endSession()
      return
    }
    this.#disownedAt = undefined
    for (const [index, ticket] of tickets.entries()) this.#tickets.tell(ticket, answers[index] ?? isFull)
  }

  #endSession(): void {
    const { held, asking } = this.#tickets
    this.#session = this.#parts.nextSession()
    this.#disownedAt = this.#askedAt
    this.#gone = []
    this.#toRenew = []
    this.#tickets.lineUpAgain()
    for (const ticket of [...held, ...asking]) ticket.id = undefined
  }

  /** Whoever got a slot without Redis is made known to it in a session that begins when it is back. */
  #goOnAlone(): false {
    if (this.#disownedAt === undefined) this.#endSession()
    this.#tickets.decideAlone(this.#parts.shareOf(this.#terms), this.#parts.now())
    return false
  }
}
