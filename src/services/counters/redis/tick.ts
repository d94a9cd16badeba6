/** Gathers what is asked of one slot in one tick of the event loop, and asks it as one script. */

import type { Store } from '../../redis/store.ts'
import type { Limit } from '../counters.ts'
import type { NamedTake } from './key-names.ts'
import { takeScript } from './take-script.ts'
import { termsOf } from './terms.ts'

/** What Redis said to the takes of one request, or of the part of it that is of one slot. */
export interface Answer {
  /** When it was asked, on this node's clock: every wait is counted from here, so that none ends late. */
  readonly askedAt: number
  /** Redis's time in milliseconds. */
  readonly takenAt: number
  /** For each take what remains, the milliseconds until it is whole, and those until the take would fit. */
  readonly figures: readonly number[]
}

/** `undefined` where Redis did not answer. */
type Tell = (answer: Answer | undefined) => void

export const figuresPerTake = 3
/** As many as the script can tell apart. */
const mostLimits = 1024

export class Tick {
  readonly #indexes = new Map<Limit, number>()
  readonly #limits: string[] = []
  readonly #names: string[] = []
  readonly #codes: number[] = []
  /** Of each request: whom to tell, and how many takes it has. */
  readonly #asking: { readonly tell: Tell; readonly count: number }[] = []

  /** How many takes it holds. */
  get size(): number {
    return this.#names.length
  }

  add(takes: readonly NamedTake[], tell: Tell): void {
    const last = takes.length - 1
    for (let i = 0; i <= last; i++) {
      const { limit, cost, name } = takes[i] as NamedTake
      this.#names.push(name)
      this.#codes.push((cost * mostLimits + this.#indexOf(limit)) * 2 + (i === last ? 1 : 0))
    }
    this.#asking.push({ tell, count: takes.length })
  }

  async ask(store: Store, askedAt: number): Promise<void> {
    const reply = await this.#run(store)
    let at = 1
    for (const { tell, count } of this.#asking) {
      const end = at + count * figuresPerTake
      tell(reply && { askedAt, takenAt: reply[0] ?? 0, figures: reply.slice(at, end) })
      at = end
    }
  }

  async #run(store: Store): Promise<readonly number[] | undefined> {
    try {
      const reply = await store.run(takeScript, this.#names, [this.#indexes.size, ...this.#limits, ...this.#codes])
      return Array.isArray(reply) && reply.length === 1 + this.size * figuresPerTake ? reply : undefined
    } catch {
      return undefined
    }
  }

  #indexOf(limit: Limit): number {
    const known = this.#indexes.get(limit)
    if (known !== undefined) return known
    const index = this.#indexes.size
    this.#indexes.set(limit, index)
    this.#limits.push(...termsOf(limit).args)
    return index
  }
}
