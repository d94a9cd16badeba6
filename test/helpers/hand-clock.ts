/** A clock that stands still until it is told to go on. */

import type { Clock } from '../../src/services/clock.ts'

export class HandClock implements Clock {
  #passed = 0

  now(): number {
    return 1_700_000_000_000 + this.#passed
  }

  monotonic(): number {
    return this.#passed
  }

  /** Goes on by so many milliseconds. */
  pass(milliseconds: number): void {
    this.#passed += milliseconds
  }
}
