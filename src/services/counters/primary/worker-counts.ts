/** What the primary process counts for one of its workers. */

import type { Link } from '../../primary/link.ts'
import type { Limit, LocalCounters, Take } from '../counters.ts'
import type { Slots, Ticket } from '../slots.ts'
import {
  type Answered,
  type Asked,
  answered,
  asked,
  type LimitTerms,
  type SlotAnswer,
  type SlotAsked,
} from './messages.ts'

interface Counted {
  readonly counters: LocalCounters
  readonly slots: Slots
}

export class WorkerCounts {
  readonly #counted: Counted
  readonly #link: Link
  readonly #limits: Limit[] = []
  readonly #tickets = new Map<number, Ticket>()
  #late: SlotAnswer[] = []

  /** What the worker holds is given back when it is gone. */
  constructor(link: Link, counted: Counted) {
    this.#link = link
    this.#counted = counted
    link.handle<Asked>(asked, (body) => this.#answer(body))
    link.ended(() => this.#giveBack([...this.#tickets.keys()]))
  }

  #answer({ limits, takes, slots, back }: Asked): void {
    for (const terms of limits) this.#limits.push(limitOf(terms))
    this.#giveBack(back)
    const answer: Answered = { figures: this.#take(takes), slots: slots.flatMap((slot) => this.#takeSlot(slot)) }
    // Those that were asked for and given back in one tick.
    if (slots.length > 0) this.#giveBack(back)
    this.#link.tell(answered, answer)
  }

  #take(takes: Asked['takes']): number[] {
    const figures: number[] = []
    for (let at = 0; at < takes.length; ) {
      const end = at + 1 + Number(takes[at]) * 3
      const batch: Take[] = []
      for (at++; at < end; at += 3) batch.push(this.#takeAt(takes, at))
      const { standings } = this.#counted.counters.take(batch)
      for (const standing of standings)
        figures.push(standing?.remaining ?? 0, standing?.reset ?? 0, standing?.retryAfter ?? 0)
    }
    return figures
  }

  #takeAt(takes: Asked['takes'], at: number): Take {
    const limit = this.#limits[Number(takes[at])]
    if (limit === undefined) throw new TypeError('expected a limit that the worker has named')
    return { limit, key: String(takes[at + 1]), cost: Number(takes[at + 2]) }
  }

  /** What is known at once. */
  #takeSlot([number, pool, key, max, queue, wait]: SlotAsked): readonly SlotAnswer[] {
    const ticket = this.#counted.slots.pool(pool).take(key, { max, queue, wait })
    if (ticket === undefined) return [[number, 'full']]
    this.#tickets.set(number, ticket)
    if (ticket.turn === undefined) return [[number, 'held']]
    void ticket.turn.then((isHeld) => this.#tellLate(number, isHeld))
    return []
  }

  /** Not of one that the worker has given back meanwhile. */
  #tellLate(number: number, isHeld: boolean): void {
    if (!this.#tickets.has(number)) return
    if (!isHeld) this.#tickets.delete(number)
    if (this.#late.length === 0) setImmediate(() => this.#flush())
    this.#late.push([number, isHeld ? 'held' : 'late'])
  }

  #flush(): void {
    const answer: Answered = { slots: this.#late }
    this.#late = []
    this.#link.tell(answered, answer)
  }

  #giveBack(numbers: readonly number[]): void {
    for (const number of numbers) {
      const ticket = this.#tickets.get(number)
      this.#tickets.delete(number)
      ticket?.giveBack()
    }
  }
}

const limitOf = ([id, algorithm, limit, period, burst]: LimitTerms): Limit =>
  Object.freeze({ id, algorithm, limit, period, burst, onStoreFailure: 'local' })
