/** Requests that came in a turn of the event loop that has done enough: they wait, so that the loop sees what else there is. */

import { nextTick } from 'node:process'

/** So long the requests of one turn are begun at once, in milliseconds: beyond it, others would wait for this turn. */
const turnMs = 20
/** So long none of the turns after one that was looked at is, in milliseconds: short ones come by the thousand. */
const restMs = 5
/** So long requests that waited are begun in one turn, in milliseconds: Node lets one connection in a turn. */
const sliceMs = 5
/** Weight of the latest turn in the pace. */
const weight = 0.2
/** What it counts at most, as a multiple of the pace. */
const mostRise = 4

/** Is told how long something waited at `now`, in milliseconds. */
type Note = (milliseconds: number, now: number) => void

interface Waiting {
  readonly since: number
  begin(): void
}

export class RequestQueue {
  readonly #note: Note
  #waiting: Waiting[] = []
  #first = 0
  /** When this turn began, as far as known. */
  #turn = Number.NEGATIVE_INFINITY
  #isAwaited = false
  /** When the queue was empty last. */
  #empty = 0
  /** When requests that waited were begun last. */
  #begun = 0
  /** Milliseconds from one of them to the next, with all that is done between them. */
  #pace = 0

  constructor(note: Note) {
    this.#note = note
  }

  get length(): number {
    return this.#waiting.length - this.#first
  }

  /** How long a request that comes now will wait, in milliseconds. */
  get wait(): number {
    return this.length * this.#pace
  }

  /** How long there has always been one that waits, in milliseconds. */
  busy(now: number): number {
    return this.length === 0 ? 0 : now - this.#empty
  }

  /** Whether a request that comes `now` has to wait. */
  isFull(now: number): boolean {
    if (!this.#isAwaited && now - this.#turn >= restMs) this.#await(now)
    return this.length > 0 || now - this.#turn > turnMs
  }

  /** Resolves when the request may begin. */
  enter(now: number): Promise<void> {
    if (this.length === 0) this.#empty = this.#begun = now
    return new Promise((begin) => {
      this.#waiting.push({ since: now, begin })
    })
  }

  /** Immediates run when all that could be read was read. */
  #await(now: number): void {
    this.#isAwaited = true
    this.#turn = now
    setImmediate(this.#end)
  }

  readonly #end = (): void => {
    this.#isAwaited = false
    const now = performance.now()
    this.#note(now - this.#turn, now)
    if (this.length > 0) void this.#beginSome(now + sliceMs)
  }

  /** What a request does before it waits for something is done before the next one is begun. */
  async #beginSome(until: number): Promise<void> {
    let count = 0
    do {
      const { since, begin } = this.#take()
      this.#note(performance.now() - since, performance.now())
      begin()
      count++
      await new Promise<void>(nextTick)
    } while (this.length > 0 && performance.now() < until)
    const now = performance.now()
    this.#follow(now, count)
    this.#await(now)
  }

  /** A turn that one request held up says little of those that come after it. */
  #follow(now: number, count: number): void {
    const latest = Math.min((now - this.#begun) / count, mostRise * this.#pace + sliceMs)
    this.#pace += weight * (latest - this.#pace)
    this.#begun = now
  }

  /** Arrays that shrink from the front are slow; this one is left behind where it is used up. */
  #take(): Waiting {
    const first = this.#waiting[this.#first++]
    if (first === undefined) throw new RangeError('nobody waits')
    if (this.#first * 2 >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#first)
      this.#first = 0
    }
    return first
  }
}
