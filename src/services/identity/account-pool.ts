/** Accounts of this process: the store and the threads that hash, opened by the first policies that need them. */

import { availableParallelism } from 'node:os'
import { type Denial, deny } from '../../core/denial.ts'
import type { AccountStore } from '../accounts/account-store.ts'
import { HashingFault } from '../accounts/passwords/hashing-fault.ts'
import type { PasswordHasher } from '../accounts/passwords/password-hasher.ts'
import type { Clock } from '../clock.ts'
import { DatabaseAway } from '../database/database.ts'
import { asStartFault } from '../database/open-database.ts'
import type { KeyPool } from '../keys/stored/key-pool.ts'
import { unhurried } from '../later.ts'
import type { Log } from '../log.ts'
import { AccountTally } from '../metrics/account-tally.ts'
import type { Metrics } from '../metrics.ts'
import type { Status } from '../status.ts'
import { CommandFollower, type Followed } from './command-follower.ts'
import { openRing } from './field-ring.ts'
import type { AccountSettings } from './settings.ts'

export interface PoolWorld {
  readonly clock: Clock
  readonly randomId: () => string
  readonly metrics: Pick<Metrics, 'accounts'>
  readonly status: Status
  readonly log: Log
  /** How many processes share the cores. */
  readonly workers: number
}

export interface OpenAccounts {
  readonly store: AccountStore
  readonly hasher: PasswordHasher
  /** What their tokens are signed with. */
  readonly keys: KeyPool
  readonly tally: AccountTally
  /** What the work comes to; 503 where the database is away, or too many passwords wait. */
  attempt<T>(work: () => Promise<T>): Promise<T | Denial>
}

const part = 'database'
/** Milliseconds. */
const probeEvery = 1_000
const pruneEvery = 3_600_000
const firstPrune = 120_000

export class AccountPool {
  readonly #world: PoolWorld
  #opening: Promise<OpenAccounts> | undefined
  #opened: OpenAccounts | undefined
  #probing: NodeJS.Timeout | undefined
  #pruning: NodeJS.Timeout | undefined
  #following: Promise<CommandFollower> | undefined
  #isClosed = false

  constructor(world: PoolWorld) {
    this.#world = world
  }

  /** One for the life of the process. Throws `StartFault`; it may be tried again then. */
  async open(settings: AccountSettings, development: boolean): Promise<OpenAccounts> {
    this.#opening ??= this.#open(settings, development)
    try {
      this.#opened = await this.#opening
      // A password or a certificate that was rotated.
      this.#opened.store.signIn(settings)
      return this.#opened
    } catch (error) {
      this.#opening = undefined
      throw error
    }
  }

  /** What commands did to them holds in this process from here on. Throws `StartFault`; it may be tried again then. */
  async follow({ store }: OpenAccounts, settings: AccountSettings, followed: Followed): Promise<void> {
    this.#following ??= this.#follow(store, followed)
    try {
      await this.#following
    } catch (error) {
      this.#following = undefined
      throw asStartFault(error, settings)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#probing)
    clearTimeout(this.#pruning)
    await this.#following?.then((follower) => follower.close(), noop)
    this.#opened?.keys.close()
    await this.#opened?.hasher.close()
    await this.#opened?.store.close()
  }

  async #open(settings: AccountSettings, development: boolean): Promise<OpenAccounts> {
    const { clock, randomId, status, log, workers } = this.#world
    const [{ openAccountStore }, { PasswordHasher }, { KeyPool }] = await Promise.all([
      import('../accounts/account-store.ts'),
      import('../accounts/passwords/password-hasher.ts'),
      import('../keys/stored/key-pool.ts'),
    ])
    const ring = await openRing(settings, { log, development })
    const store = await openAccountStore(settings, { ring, clock, randomId, onLoop: true })
    const keys = new KeyPool({ store: store.signingKeys, reread: store.reread, clock, later: unhurried, status, log })
    // A core is left to the event loops.
    const threads = Math.max(1, Math.floor((availableParallelism() - 1) / workers))
    const hasher = new PasswordHasher({ threads, clock })
    const tally = new AccountTally(hasher)
    this.#world.metrics.accounts = tally
    return { store, hasher, keys, tally, attempt: (work) => this.#attempt(store, work) }
  }

  async #follow(store: AccountStore, followed: Followed): Promise<CommandFollower> {
    const { log } = this.#world
    const follower = new CommandFollower({ ...followed, store, log, away: (error) => this.#away(store, error) })
    await follower.start()
    this.#prune(store, firstPrune)
    return follower
  }

  /** The nodes take turns, as chance has it. */
  #prune(store: AccountStore, pause: number): void {
    if (this.#isClosed) return
    const go = () =>
      store
        .prune()
        .catch(noop)
        .finally(() => this.#prune(store, pruneEvery))
    this.#pruning = setTimeout(() => void go(), pause * (0.5 + Math.random())).unref()
  }

  async #attempt<T>(store: AccountStore, work: () => Promise<T>): Promise<T | Denial> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof DatabaseAway) {
        this.#away(store, error)
        return deny('state_unavailable', { headers: ['Retry-After', '1'], cause: error.message })
      }
      if (error instanceof HashingFault)
        return deny('overloaded', { headers: ['Retry-After', `${error.retryAfter ?? 1}`], cause: error.message })
      throw error
    }
  }

  /** It is asked again until it answers, so that the status heals by itself. */
  #away(store: AccountStore, { message }: DatabaseAway): void {
    this.#world.status.report(this, part, message)
    this.#probing ??= setInterval(
      () =>
        void store.probe().then(
          () => this.#back(),
          () => {},
        ),
      probeEvery,
    ).unref()
  }

  #back(): void {
    clearInterval(this.#probing)
    this.#probing = undefined
    this.#world.status.clear(this)
  }
}

const noop = (): void => {}
