/** Where state is kept: opened by the first policies, and the same for all that come after. */

import type { State } from './state.ts'

export class Stores {
  readonly #local: State
  #opened: State | undefined

  /** `local` is the state in this process. */
  constructor(local: State) {
    this.#local = local
  }

  /** What was opened; nothing before the first policies are. */
  get opened(): State | undefined {
    return this.#opened
  }

  /** The state that policies count by. */
  async open(): Promise<State> {
    this.#opened = this.#local
    return this.#opened
  }

  /** Lets go of what is counted here. */
  async close(): Promise<void> {
    await this.#local.counters.close()
  }
}
