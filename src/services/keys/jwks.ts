/** Keys that an issuer publishes: fetched ahead of need, shared by all who wait, and kept when the issuer is out of reach. */

import type { KeyObject } from 'node:crypto'
import Bottleneck from 'bottleneck'
import type { Denial } from '../../core/denial.ts'
import type { Clock } from '../clock.ts'
import type { Later } from '../later.ts'
import type { Log } from '../log.ts'
import { reasonOf } from '../reason.ts'
import type { Status } from '../status.ts'
import type { Algorithm } from './algorithm.ts'
import type { FetchedJwks } from './fetch-jwks.ts'
import { type KeySource, keysUnavailable, selectKeys, type Wanted } from './key-source.ts'
import { KeyFault, readJwk, type VerificationKey } from './public-key.ts'

interface JwksParts {
  /** The name in `issuers`. */
  readonly name: string
  readonly algorithms: readonly Algorithm[]
  readonly fetch: (signal: AbortSignal) => Promise<FetchedJwks>
  readonly clock: Clock
  readonly later: Later
  readonly status: Status
  readonly log: Log
  /** The set to begin with. */
  readonly last?: readonly unknown[] | undefined
  /** Told of every set that is another one. */
  readonly keep?: (published: readonly unknown[]) => void
}

/** At most so many fetches at once, over all issuers. */
const pace = new Bottleneck({ maxConcurrent: 4 })

/** An unknown `kid` makes a fetch no more often than this. */
const cooldown = 30_000
const maxRetryDelay = 30_000
/** The part of its lifetime after which a set is fetched anew. */
const renewAfter = 0.8

export class Jwks implements KeySource {
  readonly #parts: JwksParts
  readonly #closing = new AbortController()
  #keys: readonly VerificationKey[] = []
  #published = ''
  #generation = 0
  #running: Promise<void> | undefined
  #missedAt = Number.NEGATIVE_INFINITY
  #nextAt = 0
  #failures = 0
  #cancelNext = () => {}

  constructor(parts: JwksParts) {
    this.#parts = parts
    if (parts.last) this.#take(parts.last)
  }

  get generation(): number {
    return this.#generation
  }

  find(wanted: Wanted): readonly KeyObject[] | Denial {
    if (this.#keys.length === 0) return keysUnavailable(this.#nextAt - this.#parts.clock.monotonic())
    return selectKeys(this.#keys, wanted)
  }

  renew(wanted: Wanted): Promise<void> | undefined {
    if (this.#keys.length === 0 || selectKeys(this.#keys, wanted).length > 0) return undefined
    if (this.#running !== undefined) return this.#running
    const now = this.#parts.clock.monotonic()
    if (now - this.#missedAt < cooldown || this.#closing.signal.aborted) return undefined
    this.#missedAt = now
    return this.refresh()
  }

  /** Fetches the keys; whoever asks meanwhile waits for the same fetch. Never rejects. */
  refresh(): Promise<void> {
    this.#running ??= pace
      .schedule(() => this.#load())
      .then((delay) => {
        this.#running = undefined
        if (delay !== undefined) this.#schedule(delay)
      })
    return this.#running
  }

  /** Ends what is under way and planned, and takes back what was reported; the keys stay for requests that still run. */
  close(): void {
    this.#closing.abort()
    this.#cancelNext()
    this.#parts.status.clear(this)
  }

  /** Milliseconds until the next fetch; none once it is closed. */
  async #load(): Promise<number | undefined> {
    if (this.#closing.signal.aborted) return undefined
    try {
      const { keys, freshFor } = await this.#parts.fetch(this.#closing.signal)
      if (this.#closing.signal.aborted) return undefined
      this.#take(keys)
      return this.#keys.length === 0 ? this.#fail('the set holds no key that can be used') : this.#succeed(freshFor)
    } catch (error) {
      return this.#closing.signal.aborted ? undefined : this.#fail(reasonOf(error))
    }
  }

  /** A set without a usable key is believed too: that is how an issuer takes all of them back. */
  #take(published: readonly unknown[]): void {
    const text = JSON.stringify(published)
    if (text === this.#published) return
    this.#published = text
    this.#keys = published.flatMap((jwk) => this.#read(jwk))
    this.#generation++
    this.#parts.keep?.(published)
  }

  #read(jwk: unknown): readonly VerificationKey[] {
    const key = readJwk(jwk)
    if (!(key instanceof KeyFault))
      return key.algorithms.some((name) => this.#parts.algorithms.includes(name)) ? [key] : []
    if (key.rule !== 'issuers/unusable-key') {
      this.#parts.log.warn({ issuer: this.#parts.name, rule: key.rule }, `a published key is not used: ${key.message}`)
    }
    return []
  }

  #succeed(freshFor: number): number {
    const { name, status, log } = this.#parts
    if (this.#failures > 0) log.info({ issuer: name }, 'the keys are there again')
    this.#failures = 0
    status.clear(this)
    return freshFor * renewAfter
  }

  #fail(reason: string): number {
    const { name, status, log } = this.#parts
    const sentence = `the keys could not be fetched: ${reason}`
    if (this.#failures === 0) log.warn({ issuer: name }, sentence)
    status.report(this, `issuers/${name}`, sentence)
    return Math.min(1000 * 2 ** this.#failures++, maxRetryDelay)
  }

  #schedule(milliseconds: number): void {
    this.#cancelNext()
    if (this.#closing.signal.aborted) return
    this.#nextAt = this.#parts.clock.monotonic() + milliseconds
    this.#cancelNext = this.#parts.later(() => void this.refresh(), milliseconds)
  }
}
