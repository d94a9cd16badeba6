/** Where state is kept: opened by the first policies, and the same for all that come after. */

import type { StoreWorld } from '../redis/outage.ts'
import type { StateSettings } from './settings.ts'
import type { LocalState, SharedState } from './shared-state.ts'
import type { State } from './state.ts'

export interface StateNeeds {
  /** None where state is kept in this process. */
  readonly settings: StateSettings | undefined
  /** Whether policies cannot do without Redis: some limit says `onStoreFailure: deny`. */
  readonly isNeeded: boolean
}

export class Stores {
  readonly #local: LocalState
  readonly #world: StoreWorld
  #opening: Promise<State> | undefined
  #opened: State | undefined
  #shared: SharedState | undefined

  /** `local` is the state in this process. */
  constructor(local: LocalState, world: StoreWorld) {
    this.#local = local
    this.#world = world
  }

  /** What was opened; nothing before the first policies are. */
  get opened(): State | undefined {
    return this.#opened
  }

  /** The state that policies count by. Throws `StartFault` where they need Redis, and it is not reached. */
  async open(needs: StateNeeds): Promise<State> {
    this.#opening ??= this.#open(needs)
    try {
      this.#opened = await this.#opening
      // A password or a certificate that was rotated.
      if (needs.settings) this.#shared?.store.signIn(needs.settings)
      return this.#opened
    } catch (error) {
      this.#opening = undefined
      throw error
    }
  }

  /** Lets go of what is counted here, and of Redis. */
  async close(): Promise<void> {
    this.#shared?.state.revocation.close()
    await this.#shared?.slots.close()
    await this.#shared?.store.close()
    await this.#local.counters.close()
  }

  async #open({ settings, isNeeded }: StateNeeds): Promise<State> {
    if (settings === undefined) return this.#local
    const { openSharedState } = await import('./shared-state.ts')
    this.#shared = await openSharedState({ settings, isNeeded, local: this.#local }, this.#world)
    return this.#shared.state
  }
}
