/** The revocations that a primary process holds, and tells its workers of. */

import type { Clock } from '../clock.ts'
import type { Metrics } from '../metrics.ts'
import type { Entry } from '../revocation/entry.ts'
import { RevocationsFull } from '../revocation/revocation.ts'
import { RevocationList } from '../revocation/revocation-list.ts'
import type { Link } from './link.ts'

/** By these names a worker asks for one to be kept, and is told of those of others. */
export const revoke = 'revoke'
export const revoked = 'revoked'

/** Entries in one message: about 150 kB. */
const page = 1_000

export class WorkerRevocations {
  readonly #list: RevocationList
  readonly #links = new Set<Link>()

  constructor(clock: Clock, metrics: Pick<Metrics, 'revocations'>) {
    this.#list = new RevocationList(clock, metrics)
  }

  /** Tells a worker of what is revoked, and from then on of what the others revoke. */
  admit(link: Link): void {
    const entries = [...this.#list.values()]
    for (let at = 0; at < entries.length; at += page) link.tell(revoked, entries.slice(at, at + page))
    link.handle<Entry>(revoke, (entry) => this.#add(entry, link))
    link.ended(() => this.#links.delete(link))
    this.#links.add(link)
  }

  /** Whether it is kept. */
  #add(entry: Entry, from: Link): boolean {
    try {
      this.#list.add(entry)
    } catch (error) {
      if (error instanceof RevocationsFull) return false
      throw error
    }
    for (const link of this.#links) if (link !== from) link.tell(revoked, [entry])
    return true
  }
}
