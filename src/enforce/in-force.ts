/** The policies in force: swapped between two requests, and kept where the next ones are refused. */

import type { World } from '../services/services.ts'
import { Generation, type Lease, type Loaded } from './generation.ts'

type Watched = Pick<World, 'clock' | 'metrics' | 'status'>

export class InForce<T extends Loaded> {
  readonly #world: Watched
  #generation: Generation<T>
  #isClosed = false

  constructor(first: T, world: Watched) {
    this.#world = world
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
   * Puts in force what `load` brings. Where it fails, nothing changes, and the status says so until one succeeds. The
   * caller sees to it that one runs at a time.
   */
  async renew(load: () => Promise<T>): Promise<T> {
    try {
      const loaded = await load()
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
