/** Slots in the primary process, shared by its workers; without it, each worker has its share of them. */

import type { SlotPool, Slots, Terms, Ticket } from '../slots.ts'
import type { Desk } from './desk.ts'
import type { SlotAnswer } from './messages.ts'

class PrimaryTicket implements Ticket {
  readonly turn: Promise<boolean>
  wasFull = false
  readonly #settle: (held: boolean) => void
  readonly #leave: () => void
  #isOver = false

  /** `leave` gives it back. */
  constructor(leave: () => void) {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.turn = promise
    this.#settle = resolve
    this.#leave = leave
  }

  hear(outcome: SlotAnswer[1]): void {
    this.wasFull = outcome === 'full'
    this.#isOver ||= outcome !== 'held'
    this.#settle(outcome === 'held')
  }

  giveBack(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#settle(false)
    this.#leave()
  }
}

interface Parts {
  readonly desk: Desk
  /** How many share the slots. */
  readonly workers: number
  readonly local: Slots
}

export class PrimarySlots implements Slots {
  readonly #parts: Parts
  readonly #tickets = new Map<number, PrimaryTicket>()
  #lastTicket = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  pool(id: string): SlotPool {
    return { take: (key, terms) => this.#take(id, key, terms) }
  }

  /** The workers of this machine are all there is. */
  sharedPool(id: string): SlotPool {
    return this.pool(id)
  }

  hear(answers: readonly SlotAnswer[]): void {
    for (const [number, outcome] of answers) {
      this.#tickets.get(number)?.hear(outcome)
      if (outcome !== 'held') this.#tickets.delete(number)
    }
  }

  /** The primary is gone: nobody is told any more. */
  end(): void {
    for (const ticket of this.#tickets.values()) ticket.giveBack()
  }

  #take(id: string, key: string, terms: Terms): Ticket | undefined {
    const { desk, workers, local } = this.#parts
    if (desk.isAway) return local.pool(id).take(key, { ...terms, max: Math.ceil(terms.max / workers) })
    const number = ++this.#lastTicket
    const ticket = new PrimaryTicket(() => {
      this.#tickets.delete(number)
      desk.giveBack(number)
    })
    this.#tickets.set(number, ticket)
    desk.askSlot([number, id, key, terms.max, terms.queue, terms.wait])
    return ticket
  }
}
