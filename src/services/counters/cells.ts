/** The cells that counting is written in: pages of flat arrays, so that a million of them are no million objects to the collector. */

const pageBits = 12
const pageSize = 2 ** pageBits
const mask = pageSize - 1

/** Pages are added, never copied: growing costs the same at any size. */
class Page {
  readonly time = new Float64Array(pageSize)
  readonly count = new Uint32Array(pageSize)
  readonly next = new Uint32Array(pageSize)
  readonly owner = new Uint32Array(pageSize)
  readonly entry = new Uint32Array(pageSize)
}

/** Cells are numbers from 1; 0 is no cell, and reads as zeros. A cell may be chained to another, and be the one of a key. */
export class Cells {
  readonly #pages: Page[] = [new Page()]
  /** The first of the chain of cells that were given back. */
  #free = 0
  #last = 0
  #used = 0

  get used(): number {
    return this.#used
  }

  /** The highest number that a cell has. */
  get last(): number {
    return this.#last
  }

  time(cell: number): number {
    return this.#pages[cell >>> pageBits]?.time[cell & mask] ?? 0
  }

  count(cell: number): number {
    return this.#pages[cell >>> pageBits]?.count[cell & mask] ?? 0
  }

  next(cell: number): number {
    return this.#pages[cell >>> pageBits]?.next[cell & mask] ?? 0
  }

  /** The number of the ledger whose key it is; 0 for a cell that is free, or that only continues a chain. */
  owner(cell: number): number {
    return this.#pages[cell >>> pageBits]?.owner[cell & mask] ?? 0
  }

  /** The key's entry in the table of keys. */
  entry(cell: number): number {
    return this.#pages[cell >>> pageBits]?.entry[cell & mask] ?? 0
  }

  write(cell: number, time: number, count: number): void {
    const page = this.#pages[cell >>> pageBits]
    if (page === undefined) return
    page.time[cell & mask] = time
    page.count[cell & mask] = count
  }

  /** Makes it the cell of an owner's key, or of none. */
  label(cell: number, owner: number, entry: number): void {
    const page = this.#pages[cell >>> pageBits]
    if (page === undefined) return
    page.owner[cell & mask] = owner
    page.entry[cell & mask] = entry
  }

  /** A cell that holds this, chained to `next`, of no key yet. */
  add(time: number, count: number, next: number): number {
    const cell = this.#free === 0 ? this.#make() : this.#free
    this.#free = this.next(cell)
    this.#chain(cell, next)
    this.#used++
    this.write(cell, time, count)
    return cell
  }

  /** Gives back every cell that is chained to this one. */
  cut(cell: number): void {
    this.release(this.next(cell))
    this.#chain(cell, 0)
  }

  /** Gives back this cell and all that are chained to it. */
  release(cell: number): void {
    for (let freed = cell; freed !== 0; ) {
      const next = this.next(freed)
      this.label(freed, 0, 0)
      this.#chain(freed, this.#free)
      this.#free = freed
      this.#used--
      freed = next
    }
  }

  #make(): number {
    this.#last++
    if (this.#last >>> pageBits === this.#pages.length) this.#pages.push(new Page())
    return this.#last
  }

  #chain(cell: number, next: number): void {
    const page = this.#pages[cell >>> pageBits]
    if (page !== undefined) page.next[cell & mask] = next
  }
}
