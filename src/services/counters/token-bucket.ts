/**
 * The token bucket as one number a key: the time at which it will be full again (the generic cell rate algorithm, ITU-T
 * I.371). That time is kept multiplied by the limit, so that units and milliseconds of whole numbers never round.
 */

import type { Cells } from './cells.ts'
import type { Meter } from './meter.ts'

export class TokenBucket implements Meter {
  readonly #cells: Cells
  readonly #limit: number
  readonly #period: number

  constructor(cells: Cells, limit: number, period: number) {
    this.#cells = cells
    this.#limit = limit
    this.#period = period
  }

  wait(cell: number, room: number, now: number): number {
    const excess = this.#cells.time(cell) - now * this.#limit - room * this.#period
    return excess > 0 ? excess / this.#limit : 0
  }

  used(cell: number, now: number): number {
    return Math.max(0, this.#cells.time(cell) - now * this.#limit) / this.#period
  }

  add(cell: number, units: number, now: number): number {
    const full = Math.max(this.#cells.time(cell), now * this.#limit) + units * this.#period
    if (cell === 0) return this.#cells.add(full, 0, 0)
    this.#cells.write(cell, full, 0)
    return cell
  }
}
