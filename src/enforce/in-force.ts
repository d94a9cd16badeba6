/** The policies in force: swapped between two requests, and kept where the next ones are refused. */

import { StartFault } from '../core/start-fault.ts'
import type { World } from '../services/services.ts'
import { Generation, type Lease, type Loaded } from './generation.ts'

type Watched = Pick<World, 'clock' | 'metrics' | 'status'>

/** A loading that takes longer is given up, in milliseconds: it may wait for something that never comes. */
const longestMs = 60_000

export class InForce<T extends Loaded> {
  readonly #world: Watched
  readonly #longestMs: number
  #generation: Generation<T>
  #isClosed = false

  constructor(first: T, world: Watched, longest = longestMs) {
    this.#world = world
    this.#longestMs = longest
    this.#generation = new Generation(first)
    this.#note()
  }

  get current(): T {
    return this.#generation.loaded
  }

  lease(): Lease {
    return this.#generation.lease()
  }

  /**
   * Puts in force what `load` brings. Where it fails, or takes longer than a minute, nothing changes, and the status says
   * so until one succeeds. The caller sees to it that one runs at a time.
   */
  async renew(load: () => Promise<T>): Promise<T> {
    try {
      const loaded = await inTime(load(), this.#longestMs)
      if (this.#isClosed) loaded.close()
      else this.#put(loaded)
      return loaded
    } catch (error) {
      this.#world.metrics.policyReloads.add({ result: 'failure' })
      if (!this.#isClosed) this.#world.status.report(this, 'policies', 'the policies could not be loaded anew')
      throw error
    }
  }

  /** Resolves once the last request is judged; what is still being loaded is let go of when it comes. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#world.status.clear(this)
    await this.#generation.retire()
  }

  #put(loaded: T): void {
    const before = this.#generation
    this.#generation = new Generation(loaded)
    void before.retire()
    const isSame = loaded.active.policy.digest === before.active.policy.digest
    this.#world.metrics.policyReloads.add({ result: isSame ? 'unchanged' : 'success' })
    this.#world.status.clear(this)
    this.#note()
  }

  #note(): void {
    const { digest } = this.#generation.active.policy
    this.#world.metrics.policy = { digest, loaded: this.#world.clock.now() }
  }
}

/** What comes too late is let go of. */
function inTime<T extends Loaded>(loading: Promise<T>, milliseconds: number): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  let isLate = false
  const giveUp = setTimeout(() => {
    isLate = true
    reject(new StartFault(`loading took longer than ${milliseconds / 1000} s, and was given up`))
  }, milliseconds)
  const end = () => clearTimeout(giveUp)
  loading.then((loaded) => (isLate ? loaded.close() : resolve(loaded)), reject).finally(end)
  return promise
}
