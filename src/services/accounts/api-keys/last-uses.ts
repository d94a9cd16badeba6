/** When keys were last used: noted in memory, and written now and then, so that no request waits for it. */

import { type Later, unhurried } from '../../later.ts'
import type { StoreContext } from '../context.ts'

/** Milliseconds between the first use that is noted and the writing of all. */
const writePause = 60_000
/** Keys that are noted at most; a use of another one is noted once these are written. */
const maxNoted = 10_000

export class LastUses {
  readonly #context: StoreContext
  readonly #later: Later
  #uses = new Map<string, number>()
  #cancel: (() => void) | undefined

  constructor(context: StoreContext, later: Later = unhurried) {
    this.#context = context
    this.#later = later
  }

  note(id: string): void {
    if (this.#uses.size >= maxNoted && !this.#uses.has(id)) return
    this.#uses.set(id, this.#context.clock.now())
    this.#cancel ??= this.#later(() => void this.write().catch(noop), writePause)
  }

  /** What cannot be written is written with the next ones. Throws `DatabaseAway`. */
  async write(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    const uses = this.#uses
    this.#uses = new Map()
    if (uses.size === 0) return
    try {
      await this.#writeAll(uses)
    } catch (error) {
      for (const [id, at] of uses) if (!this.#uses.has(id) && this.#uses.size < maxNoted) this.#uses.set(id, at)
      throw error
    }
  }

  /** One by one, each by itself: nobody waits for a row of many. */
  async #writeAll(uses: ReadonlyMap<string, number>): Promise<void> {
    for (const [id, at] of uses)
      await this.#context.database.query(
        'update portcullis_api_keys set used_at = $1 where id = $2 and (used_at is null or used_at < $1)',
        [at, id],
      )
  }
}

const noop = (): void => {}
