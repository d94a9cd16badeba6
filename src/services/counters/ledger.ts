/** What the keys of one limit have used, under one set of numbers. */

import { createHash } from 'node:crypto'
import type { Cells } from './cells.ts'
import type { Limit } from './counters.ts'
import type { Meter } from './meter.ts'
import { SlidingWindow } from './sliding-window.ts'
import { TokenBucket } from './token-bucket.ts'
import { WideMap } from './wide-map.ts'

const maxKeyLength = 128

export class Ledger {
  /** The limit's. */
  readonly id: string
  readonly meter: Meter
  readonly #limit: Limit
  readonly #cells: Cells<Ledger>
  readonly #byKey = new WideMap()
  readonly #emptied: (ledger: Ledger) => void

  /** `emptied` is told when the last key is forgotten. */
  constructor(limit: Limit, cells: Cells<Ledger>, emptied: (ledger: Ledger) => void) {
    this.id = limit.id
    this.#limit = limit
    this.#cells = cells
    this.#emptied = emptied
    const isWindow = limit.algorithm === 'sliding-window'
    this.meter = isWindow ? new SlidingWindow(cells, limit.period) : new TokenBucket(cells, limit.limit, limit.period)
  }

  /** Whether this is how the limit counts; the burst bounds what may be used, not how it is written. */
  isOf({ algorithm, limit, period }: Limit): boolean {
    return this.#limit.limit === limit && this.#limit.period === period && this.#limit.algorithm === algorithm
  }

  /** The key's cell, 0 where it has used nothing. */
  find(key: string): number {
    return this.#byKey.get(key) ?? 0
  }

  /** Uses `units` more; returns the cell that the key has from now on. */
  add(key: string, cell: number, units: number, now: number): number {
    const written = this.meter.add(cell, units, now)
    if (this.#cells.owner(written) === this) return written
    this.#cells.own(cell, undefined, '')
    this.#cells.own(written, this, key)
    this.#byKey.set(key, written)
    return written
  }

  /** Forgets the key of a cell. */
  drop(cell: number): void {
    this.#byKey.delete(this.#cells.key(cell))
    this.#cells.release(cell)
    if (this.#byKey.size === 0) this.#emptied(this)
  }
}

/** A key as it is kept: a long one by its digest, code unit by code unit. */
export const boundKey = (key: string): string =>
  key.length <= maxKeyLength ? key : createHash('sha256').update(key, 'utf16le').digest('base64url')
