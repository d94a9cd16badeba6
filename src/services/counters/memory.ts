/**
 * Counters in this process. Nothing runs beside the requests: every batch also looks at a few keys and forgets those that
 * are whole again. Where the bound on keys is reached, room is made by forgetting, among a sample, the key that would be
 * whole again the soonest. Whoever floods us with keys thus drives out keys as little used as those, not the ones that are
 * used up: the bound forgives rather than refuses, and it forgives last where a limit is doing its work.
 */

import type { Clock } from '../clock.ts'
import { Account } from './account.ts'
import { Cells } from './cells.ts'
import type { Batch, LocalCounters, Take } from './counters.ts'
import { KeyTable } from './key-table.ts'
import { type Books, Ledger } from './ledger.ts'
import { Slab } from './slab.ts'

/** More than one, so that keys cannot come in faster than they are looked at. */
const looksPerTake = 2
/** Fewer keys are not worth looking at: they would only be forgotten and made anew. */
const fewKeys = 1_000
const sampleSize = 16
/** A prime, so that a sample is of all ages. */
const sampleStride = 7_919

class MemoryCounters implements LocalCounters {
  readonly #clock: Clock
  readonly #maxKeys: number
  readonly #cells = new Cells()
  readonly #books: Books = { cells: this.#cells, keys: new KeyTable(), owners: new Slab() }
  /** By the limit's id: one ledger for each set of numbers that keys are counted under. */
  readonly #ledgers = new Map<string, readonly Ledger[]>()
  /** The cell that was looked at last. */
  #turn = 0

  /** Of a limit whose numbers changed, the ledgers that nobody is counted under any more go. */
  readonly #close = (empty: Ledger): void => {
    const others = this.#ledgers.get(empty.id)?.filter((ledger) => ledger !== empty) ?? []
    if (others.length > 0) this.#ledgers.set(empty.id, others)
  }

  constructor(clock: Clock, maxKeys: number) {
    this.#clock = clock
    this.#maxKeys = maxKeys
  }

  /** The keys that are held; one of a sliding window counts once for each segment in use. */
  get size(): number {
    return this.#cells.used
  }

  take(takes: readonly Take[]): Batch {
    // Whole milliseconds: fractions of them round, and what is left would be told as one unit less.
    const now = Math.floor(this.#clock.monotonic())
    this.#tidy(takes.length, now)
    const accounts = takes.map((take) => this.#open(take, now))
    const allowed = accounts.every((account) => account.wait === 0)
    if (allowed) for (const account of accounts) account.charge(now)
    return { allowed, standings: accounts.map((account) => account.standing(now)) }
  }

  close(): void {
    this.#ledgers.clear()
  }

  #open(take: Take, now: number): Account {
    const { limit } = take
    const ledgers = this.#ledgers.get(limit.id) ?? []
    const own = ledgers.find((ledger) => ledger.isOf(limit))
    if (own !== undefined) return new Account(take, own, ledgers, now)
    const fresh = new Ledger(limit, this.#books, this.#close)
    this.#ledgers.set(limit.id, [...ledgers, fresh])
    return new Account(take, fresh, [...ledgers, fresh], now)
  }

  /** Forgets what is whole again among the next few cells, and makes room for `incoming` ones. */
  #tidy(incoming: number, now: number): void {
    for (let looks = incoming * looksPerTake; looks > 0 && this.#cells.used > fewKeys; looks--) {
      const cell = this.#cellAfter(1)
      if (this.#wholeIn(cell, now) === 0) this.#ownerOf(cell)?.drop(cell)
      this.#turn = cell
    }
    while (this.#cells.used > 0 && this.#cells.used + incoming > this.#maxKeys) this.#evict(now)
  }

  #evict(now: number): void {
    let [victim, soonest] = [0, Infinity]
    for (let i = 1; i <= sampleSize; i++) {
      const cell = this.#cellAfter(i * sampleStride)
      const wait = this.#wholeIn(cell, now)
      if (wait < soonest) [victim, soonest] = [cell, wait]
    }
    this.#turn = this.#cellAfter(1)
    this.#ownerOf(victim)?.drop(victim)
  }

  /** The cell so many places after the one whose turn it was, round and round. */
  #cellAfter(places: number): number {
    const { last } = this.#cells
    const cell = this.#turn + places
    return cell <= last ? cell : ((cell - 1) % Math.max(1, last)) + 1
  }

  /** Nothing for a cell of no key. */
  #ownerOf(cell: number): Ledger | undefined {
    return this.#books.owners.get(this.#cells.owner(cell))
  }

  /** Milliseconds until the key of a cell is whole again; `Infinity` for a cell of no key. */
  #wholeIn(cell: number, now: number): number {
    return this.#ownerOf(cell)?.meter.wait(cell, 0, now) ?? Infinity
  }
}

/** Counters in memory, on the clock's monotonic time: they survive a step of the wall clock and a reload, not a restart. */
export function memoryCounters(clock: Clock, options: { readonly maxKeys?: number } = {}): MemoryCounters {
  return new MemoryCounters(clock, options.maxKeys ?? 1_000_000)
}
