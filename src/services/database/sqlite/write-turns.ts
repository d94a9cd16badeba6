/** Those who write, one at a time and in their order; who has waited for too long does not come up any more. */

import { DatabaseAway } from '../database.ts'

/** Of those who wait: what is beyond would come too late. */
const maxWaiting = 1_000

export class WriteTurns {
  readonly #deadline: number
  #last: Promise<void> = Promise.resolve()
  #waiting = 0

  /** Milliseconds. */
  constructor(deadline: number) {
    this.#deadline = deadline
  }

  /** The turn is told when it should be over, by the monotonic clock. Throws `DatabaseAway`. */
  take<T>(write: (end: number) => Promise<T>): Promise<T> {
    if (this.#waiting >= maxWaiting) return Promise.reject(new DatabaseAway('too many wait for it'))
    const end = performance.now() + this.#deadline
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      reject(new DatabaseAway(`no turn to write within ${this.#deadline} ms`))
    }, this.#deadline)
    this.#waiting++
    this.#last = this.#last.then(() => {
      this.#waiting--
      clearTimeout(timer)
      return isLate ? undefined : write(end).then(resolve, reject)
    })
    return promise
  }
}
