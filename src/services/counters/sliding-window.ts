/**
 * The sliding window as a chain of cells, newest first: one for each 64th of the period in which something was used. A cell
 * leaves as a whole, a period after the last use in it: at most a 64th later than its first use would, and never sooner.
 */

import type { Cells } from './cells.ts'
import type { Meter } from './meter.ts'

const segments = 64

export class SlidingWindow implements Meter {
  readonly #cells: Cells
  readonly #period: number
  /** Milliseconds of a segment. */
  readonly #width: number

  constructor(cells: Cells, period: number) {
    this.#cells = cells
    this.#period = period
    this.#width = period / segments
  }

  wait(cell: number, room: number, now: number): number {
    let used = 0
    for (let at = cell; this.#isInside(at, now); at = this.#cells.next(at)) {
      used += this.#cells.count(at)
      if (used > room) return this.#cells.time(at) + this.#period - now
    }
    return 0
  }

  used(cell: number, now: number): number {
    let used = 0
    for (let at = cell; this.#isInside(at, now); at = this.#cells.next(at)) used += this.#cells.count(at)
    return used
  }

  add(cell: number, units: number, now: number): number {
    const newest = this.#trim(cell, now)
    const whole = Math.ceil(units)
    if (newest === 0 || !this.#isOneSegment(newest, now)) return this.#cells.add(now, whole, newest)
    this.#cells.write(newest, now, this.#cells.count(newest) + whole)
    return newest
  }

  #isInside(cell: number, now: number): boolean {
    return cell !== 0 && this.#cells.time(cell) + this.#period > now
  }

  #isOneSegment(cell: number, now: number): boolean {
    return Math.floor(this.#cells.time(cell) / this.#width) === Math.floor(now / this.#width)
  }

  /** Gives back the cells that have left the window; returns the newest of the others. */
  #trim(cell: number, now: number): number {
    if (!this.#isInside(cell, now)) {
      this.#cells.release(cell)
      return 0
    }
    let last = cell
    while (this.#isInside(this.#cells.next(last), now)) last = this.#cells.next(last)
    this.#cells.cut(last)
    return cell
  }
}
