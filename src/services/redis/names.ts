/** Looks names up, each once at a time: a lookup that hangs holds one of few threads, which the whole process looks names up by. */

import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Address } from './target.ts'

/** Milliseconds after which those that have been looked up are enough. */
const patience = 300

export class Names {
  readonly #lookups = new Map<string, Promise<void>>()

  /** The hosts whose names do not hang, in their order; waits for the first where all do. What was found is found again later. */
  async answered(hosts: readonly Address[]): Promise<readonly Address[]> {
    const done = new Set<Address>()
    const lookups = hosts.map((host) => this.#lookUp(host.host).then(() => void done.add(host)))
    await Promise.race([Promise.all(lookups), sleep(patience, undefined, { ref: false })])
    if (done.size === 0) await Promise.race(lookups)
    return hosts.filter((host) => done.has(host))
  }

  #lookUp(host: string): Promise<void> {
    if (isIP(host) !== 0) return Promise.resolve()
    const asked = this.#lookups.get(host) ?? this.#ask(host)
    this.#lookups.set(host, asked)
    return asked
  }

  /** That there is no such name is told by whoever connects. */
  async #ask(host: string): Promise<void> {
    await lookup(host).catch(() => {})
    this.#lookups.delete(host)
  }
}
