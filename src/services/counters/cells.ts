/** The cells that counting is written in: flat arrays, so that a million of them are no million objects to the collector. */

const firstSize = 1_024

/** Cells are numbers from 1; 0 is no cell, and reads as zeros. A cell may be chained to another, and belong to a key of an owner. */
export class Cells<Owner> {
  #time = new Float64Array(firstSize)
  #count = new Uint32Array(firstSize)
  #next = new Uint32Array(firstSize)
  readonly #owner: (Owner | undefined)[] = [undefined]
  readonly #key: string[] = ['']
  /** The first of the chain of cells that were given back. */
  #free = 0
  #used = 0

  get used(): number {
    return this.#used
  }

  /** The highest number that a cell has. */
  get last(): number {
    return this.#key.length - 1
  }

  time(cell: number): number {
    return this.#time[cell] ?? 0
  }

  count(cell: number): number {
    return this.#count[cell] ?? 0
  }

  next(cell: number): number {
    return this.#next[cell] ?? 0
  }

  /** Nothing for a cell that is free, or that only continues a chain. */
  owner(cell: number): Owner | undefined {
    return this.#owner[cell]
  }

  key(cell: number): string {
    return this.#key[cell] ?? ''
  }

  write(cell: number, time: number, count: number): void {
    this.#time[cell] = time
    this.#count[cell] = count
  }

  own(cell: number, owner: Owner | undefined, key: string): void {
    this.#owner[cell] = owner
    this.#key[cell] = key
  }

  /** A cell that holds this, chained to `next`, of no owner yet. */
  add(time: number, count: number, next: number): number {
    const cell = this.#free === 0 ? this.#make() : this.#free
    this.#free = this.next(cell)
    this.#next[cell] = next
    this.#used++
    this.write(cell, time, count)
    return cell
  }

  /** Gives back every cell that is chained to this one. */
  cut(cell: number): void {
    this.release(this.next(cell))
    this.#next[cell] = 0
  }

  /** Gives back this cell and all that are chained to it. */
  release(cell: number): void {
    for (let freed = cell; freed !== 0; ) {
      const next = this.next(freed)
      this.own(freed, undefined, '')
      this.#next[freed] = this.#free
      this.#free = freed
      this.#used--
      freed = next
    }
  }

  #make(): number {
    const cell = this.#key.push('') - 1
    this.#owner.push(undefined)
    if (cell === this.#time.length) this.#grow()
    return cell
  }

  #grow(): void {
    const size = this.#time.length * 2
    this.#time = widen(this.#time, new Float64Array(size))
    this.#count = widen(this.#count, new Uint32Array(size))
    this.#next = widen(this.#next, new Uint32Array(size))
  }
}

function widen<A extends Float64Array | Uint32Array>(narrow: A, wide: A): A {
  wide.set(narrow)
  return wide
}
