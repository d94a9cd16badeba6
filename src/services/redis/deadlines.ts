/** Deadlines of all that is asked of one Redis: each is as long as the others, so that one timer serves them all. */

import type { Clock } from '../clock.ts'

/** Something that was asked; it is over once, by an answer or by its deadline. */
export class Asked {
  readonly at: number
  readonly #late: () => void
  isOver = false

  constructor(at: number, late: () => void) {
    this.at = at
    this.#late = late
  }

  /** Notes an answer; false where it comes too late. */
  end(): boolean {
    const isFirst = !this.isOver
    this.isOver = true
    return isFirst
  }

  miss(): void {
    if (this.end()) this.#late()
  }
}

export class Deadlines {
  readonly #milliseconds: number
  readonly #clock: Clock
  /** In the order in which they end. */
  #waiting: Asked[] = []
  /** Those before it are over. */
  #first = 0
  #timer: NodeJS.Timeout | undefined

  constructor(milliseconds: number, clock: Clock) {
    this.#milliseconds = milliseconds
    this.#clock = clock
  }

  /** Runs `late` at the deadline, unless it was ended before. */
  start(late: () => void): Asked {
    const asked = new Asked(this.#clock.monotonic(), late)
    this.#waiting.push(asked)
    if (this.#timer === undefined) this.#arm(this.#milliseconds)
    return asked
  }

  /** Everything that waits is late at once. */
  expire(): void {
    const waiting = this.#waiting.slice(this.#first)
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#waiting = []
    this.#first = 0
    for (const asked of waiting) asked.miss()
  }

  /**
   * A process that was itself held up first reads what has come meanwhile: sockets are read between timers and immediates.
   * What is asked in between is not judged yet, for its answer is not read before the next turn.
   */
  #arm(milliseconds: number): void {
    this.#timer = setTimeout(() => {
      const due = this.#clock.monotonic() - this.#milliseconds
      setImmediate(() => this.#judge(due))
    }, milliseconds).unref()
  }

  /** All that was asked until then is late, if it is not over. */
  #judge(due: number): void {
    if (this.#timer === undefined) return
    this.#timer = undefined
    const late: Asked[] = []
    for (let next = this.#waiting[this.#first]; next !== undefined; next = this.#waiting[this.#first]) {
      if (!next.isOver && next.at > due) break
      if (!next.isOver) late.push(next)
      this.#first++
    }
    this.#waiting = this.#waiting.slice(this.#first)
    this.#first = 0
    const [next] = this.#waiting
    if (next !== undefined) this.#arm(Math.max(1, Math.ceil(next.at + this.#milliseconds - this.#clock.monotonic())))
    for (const asked of late) asked.miss()
  }
}
