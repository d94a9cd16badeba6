/** The revocations that one process knows: a map, bounded, that forgets what can revoke nothing any more. */

import type { Clock } from '../clock.ts'
import type { Metrics } from '../metrics.ts'
import { covers, type Entry, isOfMany, keysOf, merge, saysAll } from './entry.ts'
import { type RevocableToken, RevocationsFull } from './revocation.ts'

/** Revocations of tokens and users at most; about 150 bytes each. */
export const mostEntries = 250_000

/** How many are looked at each time one is added: more go than come. */
const sweep = 8

export class RevocationList {
  readonly #clock: Clock
  readonly #metrics: Pick<Metrics, 'revocations'>
  readonly #most: number
  readonly #entries = new Map<string, Entry>()
  /** The same token is asked for as long as it is cached. */
  readonly #keys = new WeakMap<RevocableToken, readonly string[]>()
  #sweeper = this.#entries.values()
  #sweptAt = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, metrics: Pick<Metrics, 'revocations'>, most = mostEntries) {
    this.#clock = clock
    this.#metrics = metrics
    this.#most = most
  }

  get size(): number {
    return this.#entries.size
  }

  values(): Iterable<Entry> {
    return this.#entries.values()
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key)
  }

  isRevoked(token: RevocableToken): boolean {
    if (this.#entries.size === 0) return false
    for (const key of this.#keysOf(token)) {
      const entry = this.#entries.get(key)
      if (entry !== undefined && covers(entry, token)) return true
    }
    return false
  }

  /** Whether it adds nothing. */
  holds(entry: Entry): boolean {
    const known = this.#entries.get(entry.key)
    return known !== undefined && saysAll(known, entry)
  }

  /** Adds what this process revokes; throws `RevocationsFull` where there is no room, and holds nothing of it then. */
  add(entry: Entry): void {
    if (this.#isFull(entry)) this.#sweepAll()
    if (this.#isFull(entry)) throw new RevocationsFull(`expected at most ${this.#most} revocations of tokens and users`)
    this.learn(entry)
  }

  /** Adds what was revoked elsewhere: there was room for it there. */
  learn(entry: Entry): void {
    const known = this.#entries.get(entry.key)
    if (!this.holds(entry)) this.#entries.set(entry.key, known === undefined ? entry : merge(known, entry))
    this.#sweep(sweep)
    this.#metrics.revocations.held = this.#entries.size
  }

  #keysOf(token: RevocableToken): readonly string[] {
    const known = this.#keys.get(token)
    if (known !== undefined) return known
    const keys = keysOf(token)
    this.#keys.set(token, keys)
    return keys
  }

  #isFull(entry: Entry): boolean {
    return isOfMany(entry) && this.#entries.size >= this.#most && !this.#entries.has(entry.key)
  }

  /** Once a second at most: a flood of what has no room costs no more than one of what has. */
  #sweepAll(): void {
    const now = this.#clock.monotonic()
    if (now - this.#sweptAt < 1_000) return
    this.#sweptAt = now
    this.#sweeper = this.#entries.values()
    this.#sweep(this.#entries.size)
  }

  /** Goes round the entries, a few at a time. */
  #sweep(count: number): void {
    const now = this.#clock.now()
    for (let index = 0; index < count; index++) {
      const { value: entry, done } = this.#sweeper.next()
      if (done) this.#sweeper = this.#entries.values()
      else if (entry.forgetAt <= now) this.#entries.delete(entry.key)
    }
  }
}
