/** A map that a million keys can enter and leave without a stall: past a size it spreads over many small ones. */

import { randomInt } from 'node:crypto'

const splitAt = 8_192
const shardBits = 6
/** Odd and secret: nobody can choose keys that all meet in one shard. */
const factor = randomInt(2 ** 31) * 2 + 1

/** Numbers by string; a plain Map stands still for 35 ms when it grows past half a million keys. */
export class WideMap {
  readonly #whole = new Map<string, number>()
  /** None before the split. */
  #shards: readonly Map<string, number>[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  get(key: string): number | undefined {
    return this.#shardOf(key).get(key)
  }

  set(key: string, value: number): void {
    if (this.#size === splitAt && this.#shards.length === 0) this.#split()
    const shard = this.#shardOf(key)
    const before = shard.size
    shard.set(key, value)
    this.#size += shard.size - before
  }

  delete(key: string): void {
    if (this.#shardOf(key).delete(key)) this.#size--
  }

  #shardOf(key: string): Map<string, number> {
    if (this.#shards.length === 0) return this.#whole
    let hash = 0
    for (let i = 0; i < key.length; i++) hash = Math.imul(hash + key.charCodeAt(i), factor)
    return this.#shards[hash >>> (32 - shardBits)] ?? this.#whole
  }

  #split(): void {
    this.#shards = Array.from({ length: 2 ** shardBits }, () => new Map())
    for (const [key, value] of this.#whole) this.#shardOf(key).set(key, value)
    this.#whole.clear()
  }
}
