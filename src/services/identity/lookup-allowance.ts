/** How often one address may have the store looked at for nothing, so that nobody floods it with made-up keys. */

import { addressBlock } from '../../core/address.ts'
import { TextCache } from '../../core/text-cache.ts'
import type { Clock } from '../clock.ts'

/** A crowd behind one address may come at once, and keys that are found cost nothing. */
const most = 100
/** Milliseconds in which one is made good. */
const restored = 200

interface Used {
  looks: number
  at: number
}

export class LookupAllowance {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #used = new TextCache<Used>({ texts: 5_000, characters: 400_000 })

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  /** False where the address has none left. */
  take(address: string): boolean {
    const used = this.#find(address)
    if (used.looks > most - 1) return false
    used.looks++
    return true
  }

  /** It was not for nothing. */
  giveBack(address: string): void {
    const used = this.#find(address)
    used.looks = Math.max(0, used.looks - 1)
  }

  #find(address: string): Used {
    const block = addressBlock(address)
    const now = this.#clock.monotonic()
    const known = this.#used.get(block)
    if (known === undefined) {
      const used = { looks: 0, at: now }
      this.#used.set(block, used)
      return used
    }
    known.looks = Math.max(0, known.looks - (now - known.at) / restored)
    known.at = now
    return known
  }
}
