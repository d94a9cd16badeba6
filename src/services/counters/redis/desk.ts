/** Where takes are asked for: all that come in one tick of the event loop travel together, one script for each slot. */

import type { Clock } from '../../clock.ts'
import type { Store } from '../../redis/store.ts'
import type { NamedTake } from './key-names.ts'
import { type Answer, Tick } from './tick.ts'

/** As many hold Redis up for about a millisecond. */
const mostTakes = 500

export class Desk {
  readonly #store: Store
  readonly #clock: Clock
  readonly #ticks = new Map<number, Tick>()
  readonly #flush = (): void => {
    for (const slot of this.#ticks.keys()) this.#ask(slot)
  }

  constructor(store: Store, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** Takes all or none; all are of this slot. `undefined` where Redis did not answer. */
  ask(takes: readonly NamedTake[], slot: number): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      const tick = this.#ticks.get(slot) ?? this.#open(slot)
      tick.add(takes, resolve)
      if (tick.size >= mostTakes) this.#ask(slot)
    })
  }

  #open(slot: number): Tick {
    if (this.#ticks.size === 0) setImmediate(this.#flush)
    const tick = new Tick()
    this.#ticks.set(slot, tick)
    return tick
  }

  #ask(slot: number): void {
    const tick = this.#ticks.get(slot)
    this.#ticks.delete(slot)
    void tick?.ask(this.#store, this.#clock.monotonic())
  }
}
