/** What the keys of one limit have used, under one set of numbers. */

import type { Cells } from './cells.ts'
import type { Limit } from './counters.ts'
import type { KeyTable } from './key-table.ts'
import type { Meter } from './meter.ts'
import type { Slab } from './slab.ts'
import { SlidingWindow } from './sliding-window.ts'
import { TokenBucket } from './token-bucket.ts'

/** What all ledgers write in. */
export interface Books {
  readonly cells: Cells
  readonly keys: KeyTable
  /** The ledgers that have keys, by the number that these are kept under. */
  readonly owners: Slab<Ledger>
}

export class Ledger {
  /** The limit's. */
  readonly id: string
  readonly meter: Meter
  readonly #limit: Limit
  readonly #books: Books
  readonly #emptied: (ledger: Ledger) => void
  #size = 0
  /** Among the owners; 0 while there are no keys. */
  #number = 0

  /** `emptied` is told when the last key is forgotten. */
  constructor(limit: Limit, books: Books, emptied: (ledger: Ledger) => void) {
    this.id = limit.id
    this.#limit = limit
    this.#books = books
    this.#emptied = emptied
    const { cells } = books
    const isWindow = limit.algorithm === 'sliding-window'
    this.meter = isWindow ? new SlidingWindow(cells, limit.period) : new TokenBucket(cells, limit.limit, limit.period)
  }

  /** Whether this is how the limit counts; the burst bounds what may be used, not how it is written. */
  isOf({ algorithm, limit, period }: Limit): boolean {
    return this.#limit.limit === limit && this.#limit.period === period && this.#limit.algorithm === algorithm
  }

  /** The key's cell, 0 where it has used nothing. */
  find(key: string): number {
    if (this.#number === 0) return 0
    const { keys } = this.#books
    return keys.cell(keys.find(this.#number, key))
  }

  /** Uses `units` more; returns the cell that the key has from now on. */
  add(key: string, cell: number, units: number, now: number): number {
    const { cells, keys } = this.#books
    const entry = cell === 0 ? this.#enter(key) : cells.entry(cell)
    const written = this.meter.add(cell, units, now)
    if (cells.entry(written) === entry) return written
    cells.label(cell, 0, 0)
    cells.label(written, this.#number, entry)
    keys.point(entry, written)
    return written
  }

  /** Forgets the key of a cell. */
  drop(cell: number): void {
    const { cells, keys, owners } = this.#books
    keys.remove(cells.entry(cell))
    cells.release(cell)
    this.#size--
    if (this.#size > 0) return
    owners.remove(this.#number)
    this.#number = 0
    this.#emptied(this)
  }

  #enter(key: string): number {
    if (this.#size === 0) this.#number = this.#books.owners.add(this)
    this.#size++
    return this.#books.keys.add(this.#number, key)
  }
}
