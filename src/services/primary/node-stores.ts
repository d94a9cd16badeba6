/** Where a worker keeps state: in Redis where the policies say so, else in its primary process. */

import type { StoreWorld } from '../redis/outage.ts'
import type { LocalState } from '../state/shared-state.ts'
import type { State } from '../state/state.ts'
import { type StateNeeds, Stores } from '../state/stores.ts'

interface Parts {
  /** In this process: stands in for what Redis does not answer. */
  readonly local: LocalState
  /** In the primary. */
  readonly shared: State
  readonly workers: number
}

export class NodeStores extends Stores {
  readonly #shared: State
  readonly #workers: number
  #isShared = false

  constructor({ local, shared, workers }: Parts, world: StoreWorld) {
    super(local, world)
    this.#shared = shared
    this.#workers = workers
  }

  override get opened(): State | undefined {
    return this.#isShared ? this.#shared : super.opened
  }

  /** While Redis is away, each worker counts by itself: within its share of that of the node. */
  override async open({ settings, isNeeded }: StateNeeds): Promise<State> {
    if (!this.#isShared && (settings !== undefined || super.opened !== undefined)) {
      const nodes = (settings?.nodes ?? 1) * this.#workers
      return super.open({ settings: settings && { ...settings, nodes }, isNeeded })
    }
    this.#isShared = true
    return this.#shared
  }
}
