/** Where state is kept: opened by the first policies, and the same for all that come after. */

import type { State } from './state.ts'

export class Stores {
  readonly #local: State

  /** `local` is the state in this process. */
  constructor(local: State) {
    this.#local = local
  }

  /** The state that policies count by. */
  async open(): Promise<State> {
    return this.#local
  }

  /** Lets go of what is counted here. */
  async close(): Promise<void> {
    await this.#local.counters.close()
  }
}
