/** The names of keys: of one client in one slot, and nothing of it to be read in them. */

import type { Limit } from '../counters.ts'
import { digestOf } from './digest.ts'
import { Lately } from './lately.ts'
import { termsOf } from './terms.ts'

/** Clients whose digest is remembered: the hash is most of what a name costs. */
const mostClients = 10_000

export class KeyNames {
  readonly #prefix: string
  /** What the names of a client's keys begin with. */
  readonly #beginnings = new Lately<string>(mostClients)

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  /** `<prefix>:limit:{<client>}:<limit>`: only what stands in braces chooses the slot (Redis Cluster specification, hash tags). */
  of(client: string, limit: Limit): string {
    return this.#beginningOf(client) + termsOf(limit).digest
  }

  #beginningOf(client: string): string {
    const known = this.#beginnings.get(client)
    if (known !== undefined) return known
    const made = `${this.#prefix}:limit:{${digestOf(client)}}:`
    this.#beginnings.set(client, made)
    return made
  }
}
