/**
 * Whose cell is whose: keys, as bytes outside the collector's heap, by which their cells are found. A million strings would
 * have to be moved and looked through by the collector again and again, while every request waits.
 */

import { randomBytes } from 'node:crypto'
import { Buckets } from './buckets.ts'
import { Chunks } from './chunks.ts'
import { type HashKey, halfSipHash } from './half-sip-hash.ts'
import { KeyWords } from './key-words.ts'

/** Words of an entry's first chunk, after the number of the next chunk. */
const hashAt = 1
const linkAt = 2
const cellAt = 3
const keyAt = 4

/** Entries are numbers from 1; 0 is no entry, and reads as zeros. Each is one key of one owner, itself a number. */
export class KeyTable {
  readonly #chunks = new Chunks()
  readonly #buckets = new Buckets()
  readonly #key = new KeyWords()
  readonly #secret = randomSecret()
  #size = 0

  get size(): number {
    return this.#size
  }

  find(owner: number, key: string): number {
    const hash = this.#hash(owner, key)
    let entry = this.#buckets.first(this.#buckets.of(hash))
    while (entry !== 0 && !this.#isAt(entry, hash)) entry = this.#chunks.read(entry, linkAt)
    return entry
  }

  /** A new entry; the owner must have none of this key. */
  add(owner: number, key: string): number {
    const hash = this.#hash(owner, key)
    const entry = this.#chunks.add()
    this.#chunks.write(entry, hashAt, hash)
    this.#chunks.write(entry, cellAt, 0)
    this.#chunks.fill(entry, keyAt, this.#key.words, this.#key.count)
    this.#enter(entry, this.#buckets.of(hash))
    this.#size++
    if (this.#size > this.#buckets.count) this.#split()
    return entry
  }

  remove(entry: number): void {
    this.#unlink(entry)
    this.#chunks.release(entry)
    this.#size--
  }

  cell(entry: number): number {
    return this.#chunks.read(entry, cellAt)
  }

  point(entry: number, cell: number): void {
    this.#chunks.write(entry, cellAt, cell)
  }

  #hash(owner: number, key: string): number {
    this.#key.write(owner, key)
    return halfSipHash(this.#secret, this.#key.words, this.#key.count)
  }

  /** Whether the key that was hashed last is that of an entry. */
  #isAt(entry: number, hash: number): boolean {
    const { words, count } = this.#key
    return this.#chunks.read(entry, hashAt) === hash && this.#chunks.equal(entry, keyAt, words, count)
  }

  #enter(entry: number, bucket: number): void {
    this.#chunks.write(entry, linkAt, this.#buckets.first(bucket))
    this.#buckets.begin(bucket, entry)
  }

  #unlink(entry: number): void {
    const next = this.#chunks.read(entry, linkAt)
    const bucket = this.#buckets.of(this.#chunks.read(entry, hashAt))
    let before = this.#buckets.first(bucket)
    if (before === entry) this.#buckets.begin(bucket, next)
    while (before !== 0 && before !== entry) {
      const after = this.#chunks.read(before, linkAt)
      if (after === entry) this.#chunks.write(before, linkAt, next)
      before = after
    }
  }

  #split(): void {
    const bucket = this.#buckets.grow()
    let entry = this.#buckets.first(bucket)
    this.#buckets.begin(bucket, 0)
    while (entry !== 0) {
      const next = this.#chunks.read(entry, linkAt)
      this.#enter(entry, this.#buckets.of(this.#chunks.read(entry, hashAt)))
      entry = next
    }
  }
}

function randomSecret(): HashKey {
  const bytes = randomBytes(8)
  return [bytes.readInt32LE(0), bytes.readInt32LE(4)]
}
