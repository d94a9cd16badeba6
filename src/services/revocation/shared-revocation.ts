/** Revocation on every node: written to Redis, and read there by all the others, again and again. */

import type { Clock } from '../clock.ts'
import { atMost } from '../later.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { reasonOf } from '../reason.ts'
import type { Store } from '../redis/store.ts'
import type { Status } from '../status.ts'
import { type Entry, merge, saysAll } from './entry.ts'
import { type Reach, type RevocableToken, type Revocation, RevocationsFull } from './revocation.ts'
import { RevocationList } from './revocation-list.ts'
import { SharedHistory } from './shared-history.ts'

export interface SharedWorld {
  readonly clock: Clock
  readonly metrics: Pick<Metrics, 'revocations'>
  readonly status: Status
  readonly log: Log
}

interface Sharing {
  readonly store: Store
  /** What its keys begin with. */
  readonly prefix: string
}

/** Milliseconds from one look to the next: what is revoked elsewhere holds here within a second. */
const interval = 400
/** Milliseconds without an answer from which on revocations of other nodes may be late. */
const lateAfter = 1_000
/** Milliseconds that the start waits for what was revoked before. */
const patience = 2_000

class SharedRevocation implements Revocation {
  readonly #world: SharedWorld
  readonly #history: SharedHistory
  readonly #list: RevocationList
  /** By key: what was not yet read back, and is lost where Redis loses it now. */
  readonly #pending = new Map<string, Entry>()
  #timer: NodeJS.Timeout | undefined
  #heard: number
  #isLate = false
  #isClosed = false

  constructor({ store, prefix }: Sharing, world: SharedWorld) {
    this.#world = world
    this.#history = new SharedHistory(store, prefix)
    this.#list = new RevocationList(world.clock, world.metrics)
    this.#heard = world.clock.monotonic()
  }

  isRevoked(token: RevocableToken): boolean {
    return this.#list.isRevoked(token)
  }

  holds(entry: Entry): boolean {
    return this.#list.holds(entry)
  }

  async revoke(entry: Entry): Promise<Reach> {
    this.#list.add(entry)
    this.#await(entry)
    const [added] = await this.#history.add([entry]).catch(() => [])
    if (added === 'full') throw new RevocationsFull('no room is left in Redis: the revocation holds on this node alone')
    return added === undefined ? 'pending' : 'stored'
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#world.status.clear(this)
  }

  /** Reads and writes what there is, and goes on doing so; resolves after the first time, whatever came of it. */
  async watch(): Promise<void> {
    try {
      await this.#read()
      await this.#write()
      this.#noteAnswer()
    } catch (error) {
      this.#noteSilence(error)
    }
    this.#world.metrics.revocations.pending = this.#pending.size
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.watch(), interval).unref()
  }

  /** Of a history that is new to this node it has read nothing back. */
  async #read(): Promise<void> {
    do {
      if (this.#history.isUnread) for (const entry of this.#list.values()) this.#await(entry)
    } while (!(await this.#history.read((entry) => this.#learn(entry))))
  }

  #learn(entry: Entry): void {
    this.#list.learn(entry)
    const pending = this.#pending.get(entry.key)
    if (pending !== undefined && saysAll(entry, pending)) this.#pending.delete(entry.key)
  }

  async #write(): Promise<void> {
    const entries = [...this.#pending.values()]
    const results = await this.#history.add(entries)
    entries.forEach((entry, index) => {
      if (results[index] !== 'new' && this.#pending.get(entry.key) === entry) this.#pending.delete(entry.key)
    })
    const refused = results.filter((result) => result === 'full').length
    if (refused > 0)
      this.#world.log.error({ refused }, 'Redis has no room for revocations: they hold on this node alone')
  }

  #await(entry: Entry): void {
    const known = this.#pending.get(entry.key)
    this.#pending.set(entry.key, known === undefined ? entry : merge(known, entry))
  }

  #noteAnswer(): void {
    this.#heard = this.#world.clock.monotonic()
    if (!this.#isLate) return
    this.#isLate = false
    this.#world.status.clear(this)
    this.#world.log.info({}, 'revocations are read from Redis again')
  }

  #noteSilence(error: unknown): void {
    if (this.#isLate || this.#isClosed || this.#world.clock.monotonic() - this.#heard < lateAfter) return
    this.#isLate = true
    this.#world.status.report(this, 'revocation', 'what other nodes revoke is not heard of: Redis does not answer')
    this.#world.log.warn(
      { reason: reasonOf(error) },
      'revocations cannot be read from Redis: what other nodes revoke is late',
    )
  }
}

/** Revocations that all nodes share; what was revoked before holds from the start, where Redis answers in time. */
export async function sharedRevocation(sharing: Sharing, world: SharedWorld): Promise<Revocation> {
  const revocation = new SharedRevocation(sharing, world)
  await atMost(patience, revocation.watch())
  return revocation
}
