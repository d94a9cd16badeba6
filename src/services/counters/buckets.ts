/**
 * Where a hash table begins to look, as linear hashing has it (Litwin, VLDB 1980): the table grows by one bucket at a time,
 * so that no key that comes ever waits for all the others to move.
 */

const pageBits = 12
const pageSize = 2 ** pageBits
const mask = pageSize - 1

export class Buckets {
  readonly #pages = [new Int32Array(pageSize)]
  /** Of the buckets from here on, each was split off the one so many places before it. */
  #half = pageSize
  #count = pageSize

  get count(): number {
    return this.#count
  }

  /** The bucket of a hash. */
  of(hash: number): number {
    const bucket = hash & (2 * this.#half - 1)
    return bucket < this.#count ? bucket : bucket - this.#half
  }

  /** The first entry of a bucket, 0 where it is empty. */
  first(bucket: number): number {
    return this.#pages[bucket >>> pageBits]?.[bucket & mask] ?? 0
  }

  begin(bucket: number, entry: number): void {
    const page = this.#pages[bucket >>> pageBits]
    if (page !== undefined) page[bucket & mask] = entry
  }

  /** Adds a bucket; returns the one whose entries now belong to either of the two. */
  grow(): number {
    const split = this.#count - this.#half
    if (this.#count >>> pageBits === this.#pages.length) this.#pages.push(new Int32Array(pageSize))
    this.#count++
    if (this.#count === 2 * this.#half) this.#half = this.#count
    return split
  }
}
