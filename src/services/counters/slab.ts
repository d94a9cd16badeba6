/** Things by small numbers, which are used again once they are free. */
export class Slab<T> {
  readonly #things: (T | undefined)[] = [undefined]
  readonly #free: number[] = []

  get(number: number): T | undefined {
    return this.#things[number]
  }

  /** Its number, from 1. */
  add(thing: T): number {
    const number = this.#free.pop() ?? this.#things.length
    this.#things[number] = thing
    return number
  }

  remove(number: number): void {
    this.#things[number] = undefined
    this.#free.push(number)
  }
}
