/** The names of keys: those of one client in one slot, and nothing of the client to be read in them. */

import type { Store } from '../../redis/store.ts'
import type { Take } from '../counters.ts'
import { digestOf } from './digest.ts'
import { Lately } from './lately.ts'
import { termsOf } from './terms.ts'

/** Clients that are remembered: the digest and the slot are most of what a name costs. */
const mostClients = 10_000

/** A take with its key in Redis. */
export interface NamedTake extends Take {
  readonly name: string
  readonly slot: number
}

/** Of all keys of one client. */
interface Beginning {
  readonly text: string
  readonly slot: number
}

export class KeyNames {
  readonly #prefix: string
  readonly #store: Store
  readonly #beginnings = new Lately<Beginning>(mostClients)

  constructor(prefix: string, store: Store) {
    this.#prefix = prefix
    this.#store = store
  }

  /** `<prefix>:limit:{<client>}:<limit>`: only what stands in braces chooses the slot (Redis Cluster specification, hash tags). */
  name({ limit, key, cost }: Take): NamedTake {
    const { text, slot } = this.#beginnings.get(key) ?? this.#begin(key)
    return { limit, key, cost, name: text + termsOf(limit).digest, slot }
  }

  #begin(client: string): Beginning {
    const text = `${this.#prefix}:limit:{${digestOf(client)}}:`
    const beginning = { text, slot: this.#store.slotOf(text) }
    this.#beginnings.set(client, beginning)
    return beginning
  }
}
