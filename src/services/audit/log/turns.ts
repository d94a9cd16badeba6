/** One step at a time: batches, heads and rotations do not overlap, and come in the order they were asked for. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  take<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#last.then(step)
    this.#last = done.catch(() => {})
    return done
  }
}
