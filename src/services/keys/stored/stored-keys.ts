/** The stored keys of one issuer as this process knows them: read when they are asked for, kept while the database is away. */

import type { KeyObject } from 'node:crypto'
import type { Denial } from '../../../core/denial.ts'
import type { KeptSigningKey, SigningKeyFacts } from '../../accounts/signing-keys.ts'
import type { Clock } from '../../clock.ts'
import type { Reread } from '../../database/reread.ts'
import { atMost, type Later } from '../../later.ts'
import type { Log } from '../../log.ts'
import { reasonOf } from '../../reason.ts'
import type { Status } from '../../status.ts'
import { type KeySource, keysUnavailable, selectKeys, type Wanted } from '../key-source.ts'
import type { SigningKey } from '../signing-key.ts'
import { longestReread } from './key-life.ts'
import { type KeySet, type PublishedKeys, readKeySet } from './key-set.ts'

export interface StoredParts {
  /** The name in `issuers`. */
  readonly issuer: string
  readonly list: () => Promise<readonly KeptSigningKey[]>
  readonly reread: Reread
  readonly clock: Clock
  readonly later: Later
  readonly status: Status
  readonly log: Log
}

/** Milliseconds: an unknown `kid`, and a client that asks for the keys, make a read no more often than this. */
const cooldown = 1_000
/** Requests that wait for one read; the others are judged by what is known. */
const mostWaiting = 1_000
/** A thumbprint, or as long as one. */
const kidPattern = /^[A-Za-z0-9_-]{43}$/

export class StoredKeys implements KeySource {
  readonly #parts: StoredParts
  #facts: readonly SigningKeyFacts[] = []
  #set: KeySet | undefined
  #generation = 0
  #readAt = Number.NEGATIVE_INFINITY
  #reading: Promise<void> | undefined
  #wanted: Promise<void> | undefined
  #waiting = 0
  #isFailing = false
  #isClosed = false

  constructor(parts: StoredParts) {
    this.#parts = parts
  }

  /** Another number when a key is gone; what the others have proven stays proven. */
  get generation(): number {
    return this.#generation
  }

  /** What is known of each. */
  get facts(): readonly SigningKeyFacts[] {
    return this.#facts
  }

  get isFailing(): boolean {
    return this.#isFailing
  }

  find(wanted: Wanted): readonly KeyObject[] | Denial {
    return this.#set === undefined ? keysUnavailable(cooldown) : selectKeys(this.#set.verifying, wanted)
  }

  /** Waits for a read that begins after now: one that is under way may have missed the key. */
  renew(wanted: Wanted): Promise<void> | undefined {
    if (this.#isFailing || this.#isClosed || this.#set === undefined) return undefined
    if (!kidPattern.test(wanted.kid ?? '') || selectKeys(this.#set.verifying, wanted).length > 0) return undefined
    if (this.#waiting >= mostWaiting) return undefined
    this.#waiting++
    this.#wanted ??= this.#readSoon()
    return this.#wanted.finally(() => void this.#waiting--)
  }

  /** The key that signs; they were read before. */
  current(): SigningKey {
    if (this.#set === undefined) throw new TypeError('the signing keys were not read')
    // Whoever keeps them current is late.
    if (this.#age() > longestReread) void this.refresh()
    return this.#set.signing
  }

  /** The public keys as they are, or as they were known last where the database takes its time. */
  async published(): Promise<PublishedKeys> {
    if (!this.#isFailing && this.#age() > cooldown) await atMost(cooldown, this.refresh())
    if (this.#set === undefined) throw new TypeError('the signing keys were not read')
    return this.#set.published
  }

  /** Reads them; whoever asks meanwhile waits for the same. Never rejects. */
  refresh(): Promise<void> {
    if (this.#isClosed) return Promise.resolve()
    this.#reading ??= this.read().then(
      () => this.#end(undefined),
      (error) => this.#end(error),
    )
    return this.#reading
  }

  /** Reads them. Throws what the store throws, and `TypeError` for keys that are none. */
  async read(): Promise<void> {
    this.#readAt = this.#parts.clock.monotonic()
    await this.#parts.reread.read(async () => {
      this.#take(await this.#parts.list())
      return true
    })
  }

  /** Says that they cannot be kept current, once, and when they can be again. */
  report(error: unknown): void {
    if (this.#isClosed) return
    const { issuer, status, log } = this.#parts
    const sentence = `the signing keys are not kept current: ${reasonOf(error)}`
    if (!this.#isFailing) log.warn({ issuer }, sentence)
    this.#isFailing = true
    status.report(this, `issuers/${issuer}`, sentence)
  }

  /** Takes back what was reported; what is known stays, for requests that still run. */
  close(): void {
    this.#isClosed = true
    this.#parts.status.clear(this)
  }

  #take(kept: readonly KeptSigningKey[]): void {
    if (this.#isClosed || !isNews(kept, this.#facts)) return
    const set = readKeySet(kept)
    if (set === undefined) throw new TypeError('none of the stored keys signs')
    if (this.#facts.some(({ kid }) => kept.every((key) => key.kid !== kid))) this.#generation++
    this.#set = set
    this.#facts = kept.map(({ publicKey: _, privateKey: __, ...facts }) => facts)
  }

  #end(error: unknown): void {
    this.#reading = undefined
    if (error !== undefined) this.report(error)
    if (error !== undefined || !this.#isFailing) return
    this.#isFailing = false
    this.#parts.log.info({ issuer: this.#parts.issuer }, 'the signing keys are kept current again')
    this.#parts.status.clear(this)
  }

  async #readSoon(): Promise<void> {
    await this.#reading
    const rest = cooldown - this.#age()
    if (rest > 0) await new Promise<void>((resolve) => void this.#parts.later(resolve, rest))
    await this.#reading
    this.#wanted = undefined
    await this.refresh()
  }

  #age(): number {
    return this.#parts.clock.monotonic() - this.#readAt
  }
}

/** Keys never change, but what they are for does. */
const isNews = (kept: readonly SigningKeyFacts[], known: readonly SigningKeyFacts[]): boolean =>
  kept.length !== known.length ||
  kept.some(({ kid, state }, at) => kid !== known[at]?.kid || state !== known[at]?.state)
