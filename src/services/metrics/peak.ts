/** The highest of what was noted lately: in this window of ten seconds, and the one before. */

const windowMs = 10_000

export class Peak {
  #since = 0
  #current = 0
  #before = 0

  /** `now` is in milliseconds of a clock that never goes back. */
  note(value: number, now: number): void {
    this.#turn(now)
    if (value > this.#current) this.#current = value
  }

  read(now: number): number {
    this.#turn(now)
    return Math.max(this.#current, this.#before)
  }

  #turn(now: number): void {
    if (now - this.#since < windowMs) return
    this.#before = now - this.#since < 2 * windowMs ? this.#current : 0
    this.#current = 0
    this.#since = now
  }
}
