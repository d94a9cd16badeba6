/** Where a worker asks its primary process: what comes in one tick of the event loop travels together. */

import type { Clock } from '../../clock.ts'
import type { Link } from '../../primary/link.ts'
import type { Limit, Take } from '../counters.ts'
import { type Answer, figuresPerTake } from '../redis/tick.ts'
import {
  type Answered,
  type Asked,
  answered,
  asked,
  type LimitTerms,
  type SlotAnswer,
  type SlotAsked,
} from './messages.ts'

/** Of each request that waits: whom to tell, and how many takes it has. */
interface Waiting {
  readonly tell: (answer: Answer | undefined) => void
  readonly count: number
}

/** What is to be asked. */
class Tick {
  readonly limits: LimitTerms[] = []
  readonly takes: (string | number)[] = []
  readonly slots: SlotAsked[] = []
  readonly back: number[] = []
  readonly waiting: Waiting[] = []
  askedAt = 0

  get message(): Asked {
    const { limits, takes, slots, back } = this
    return { limits, takes, slots, back }
  }
}

export class Desk {
  readonly #link: Link
  readonly #clock: Clock
  /** Numbers of limits that the primary was told of: equal ones, as after a reload, have the same. */
  readonly #byTerms = new Map<string, number>()
  readonly #numbers = new WeakMap<Limit, number>()
  readonly #heard: (answers: readonly SlotAnswer[]) => void
  /** Asked, in their order, which is that of the answers. */
  readonly #sent: Tick[] = []
  #tick: Tick | undefined
  readonly #flush = (): void => {
    const tick = this.#tick
    this.#tick = undefined
    if (tick === undefined) return
    tick.askedAt = this.#clock.monotonic()
    this.#sent.push(tick)
    this.#link.tell(asked, tick.message)
  }

  /** `heard` is told what became of slots. */
  constructor(link: Link, clock: Clock, heard: (answers: readonly SlotAnswer[]) => void) {
    this.#link = link
    this.#clock = clock
    this.#heard = heard
    link.handle<Answered>(answered, (told) => this.#hear(told))
    link.ended(() => this.#end())
  }

  get isAway(): boolean {
    return this.#link.isClosed
  }

  /** Takes all or none; `undefined` where the primary is gone. */
  take(takes: readonly Take[]): Promise<Answer | undefined> {
    return new Promise((tell) => {
      const tick = this.#open()
      tick.waiting.push({ tell, count: takes.length })
      tick.takes.push(takes.length)
      for (const { limit, key, cost } of takes) tick.takes.push(this.#numberOf(limit, tick), key, cost)
    })
  }

  askSlot(slot: SlotAsked): void {
    this.#open().slots.push(slot)
  }

  giveBack(ticket: number): void {
    this.#open().back.push(ticket)
  }

  #open(): Tick {
    if (this.#tick === undefined) {
      this.#tick = new Tick()
      setImmediate(this.#flush)
    }
    return this.#tick
  }

  #numberOf(limit: Limit, tick: Tick): number {
    const known = this.#numbers.get(limit)
    if (known !== undefined) return known
    const terms: LimitTerms = [limit.id, limit.algorithm, limit.limit, limit.period, limit.burst]
    const text = JSON.stringify(terms)
    const number = this.#byTerms.get(text) ?? this.#byTerms.size
    if (number === this.#byTerms.size) {
      this.#byTerms.set(text, number)
      tick.limits.push(terms)
    }
    this.#numbers.set(limit, number)
    return number
  }

  #hear({ figures, slots }: Answered): void {
    if (slots.length > 0) this.#heard(slots)
    if (figures === undefined) return
    const tick = this.#sent.shift()
    let at = 0
    for (const { tell, count } of tick?.waiting ?? []) {
      const end = at + count * figuresPerTake
      tell({ askedAt: tick?.askedAt ?? 0, takenAt: 0, figures: figures.slice(at, end) })
      at = end
    }
  }

  #end(): void {
    const ticks = this.#tick === undefined ? this.#sent : [...this.#sent, this.#tick]
    this.#tick = undefined
    for (const { tell } of ticks.flatMap(({ waiting }) => waiting)) tell(undefined)
    this.#sent.length = 0
  }
}
