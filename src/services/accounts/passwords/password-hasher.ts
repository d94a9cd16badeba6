/** Hashes and verifies passwords with bcrypt, off the event loop, and no more at once than the machine has room for. */

import { availableParallelism } from 'node:os'
import type { Clock } from '../../clock.ts'
import { HashTally } from '../../metrics/hash-tally.ts'
import { type BcryptHash, type HashFault, readBcryptHash } from './bcrypt-hash.ts'
import { type HashJob, HashQueue } from './hash-queue.ts'
import { HashThreads } from './hash-threads.ts'
import { HashingFault } from './hashing-fault.ts'
import type { Password } from './password.ts'

export interface HasherParts {
  /** Of new hashes, as a power of two. */
  readonly cost?: number | undefined
  /** How many hash at once; one less than there are cores. Processes that share the cores share them out. */
  readonly threads?: number | undefined
  /** How many wait at most; the others are refused. 24 for each thread: some ten seconds. */
  readonly maxWaiting?: number | undefined
  /** Of the threads; another one for tests. */
  readonly file?: URL | undefined
  readonly clock: Clock
}

export interface Verification {
  readonly matches: boolean
  /** It matches, and should be hashed anew: its cost is below today's, or it was made of a text that was not normalized. */
  readonly needsRehash: boolean
  /** Why the stored hash can match nothing. */
  readonly fault?: HashFault
}

export const defaultCost = 12
const waitingPerThread = 24

/** Of the shape of a hash, and of no password. */
const decoy = (cost: number): BcryptHash => ({ text: `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`, cost })
const noMatch: Verification = Object.freeze({ matches: false, needsRehash: false })

export class PasswordHasher {
  readonly cost: number
  readonly tally = new HashTally()
  readonly #clock: Clock
  readonly #atOnce: number
  readonly #queue: HashQueue
  readonly #threads: HashThreads
  /**
   * What a wrong password costs: today's cost, or that of the costliest hash met since the start. Cheaper hashes are made
   * up to it, and so is no account at all; only the first look at a costlier hash can be told from the others.
   */
  #level: number
  /** Milliseconds that the last one took. */
  #took = 0

  constructor({ cost = defaultCost, threads, maxWaiting, file, clock }: HasherParts) {
    this.cost = cost
    this.#level = cost
    this.#clock = clock
    this.#atOnce = threads ?? Math.max(1, availableParallelism() - 1)
    this.#queue = new HashQueue({ atOnce: this.#atOnce, maxWaiting: maxWaiting ?? this.#atOnce * waitingPerThread })
    this.#threads = new HashThreads({ threads: this.#atOnce, file })
  }

  /** How many wait for a thread. */
  get waiting(): number {
    return Math.max(0, this.#queue.admitted - this.#atOnce)
  }

  /** A hash of today's cost. As the other two, it rejects with a `HashingFault`. */
  hash(password: Password, job?: HashJob): Promise<string> {
    return this.#admit(() => this.#threads.run({ kind: 'hash', password: password.reveal(), cost: this.cost }), job)
  }

  /** Whether a stored hash is of this password. One that cannot be read matches none, and takes as long to say so. */
  async verify(password: Password, stored: string, job?: HashJob): Promise<Verification> {
    const hash = readBcryptHash(stored)
    if (typeof hash === 'string') {
      await this.verifyNothing(password, job)
      return { ...noMatch, fault: hash }
    }
    this.#level = Math.max(this.#level, hash.cost)
    const form = await this.#compare(password, hash, job)
    if (form === -1) return noMatch
    return { matches: true, needsRehash: hash.cost < this.cost || form > 0 }
  }

  /** The work of a wrong password, where there is no account: neither the answer nor its time tells them apart. */
  async verifyNothing(password: Password, job?: HashJob): Promise<Verification> {
    await this.#compare(password, decoy(this.#level), job)
    return noMatch
  }

  /** Ends the threads; who still waits is refused. */
  async close(): Promise<void> {
    const stopped = this.#queue.close()
    await this.#threads.close()
    await stopped
  }

  async #compare(password: Password, { text, cost }: BcryptHash, job?: HashJob): Promise<number> {
    const task = { kind: 'compare', forms: password.revealForms(), hash: text, cost, level: this.#level } as const
    const { form } = await this.#admit(() => this.#threads.run(task), job)
    return form
  }

  async #admit<T>(work: () => Promise<T>, job?: HashJob): Promise<T> {
    const began = this.#clock.monotonic()
    try {
      const result = await this.#queue.run(() => this.#time(work), job)
      this.tally.took.note(this.#clock.monotonic() - began)
      return result
    } catch (error) {
      if (!(error instanceof HashingFault) || error.code !== 'overloaded') throw error
      this.tally.refused++
      throw new HashingFault('overloaded', { retryAfter: this.#wait() })
    }
  }

  async #time<T>(work: () => Promise<T>): Promise<T> {
    const began = this.#clock.monotonic()
    const result = await work()
    this.#took = this.#clock.monotonic() - began
    return result
  }

  /** Seconds until those that wait now are through. */
  #wait(): number {
    return Math.max(1, Math.ceil((this.#queue.admitted * this.#took) / this.#atOnce / 1000))
  }
}
