/** Revocation of a worker: what one of them revokes, its primary process tells all others. */

import type { Clock } from '../clock.ts'
import type { Metrics } from '../metrics.ts'
import type { Entry } from '../revocation/entry.ts'
import { type Reach, type RevocableToken, type Revocation, RevocationsFull } from '../revocation/revocation.ts'
import { RevocationList } from '../revocation/revocation-list.ts'
import type { Link } from './link.ts'
import { revoke, revoked } from './worker-revocations.ts'

class PrimaryRevocation implements Revocation {
  readonly #link: Link
  readonly #list: RevocationList

  constructor(link: Link, list: RevocationList) {
    this.#link = link
    this.#list = list
    link.handle<readonly Entry[]>(revoked, (entries) => {
      for (const entry of entries) list.learn(entry)
    })
  }

  isRevoked(token: RevocableToken): boolean {
    return this.#list.isRevoked(token)
  }

  holds(entry: Entry): boolean {
    return this.#list.holds(entry)
  }

  async revoke(entry: Entry): Promise<Reach> {
    this.#list.add(entry)
    // Without a primary the others end, too.
    const isKept = await this.#link.ask<boolean>(revoke, entry).catch(() => undefined)
    if (isKept === false) throw new RevocationsFull('no room is left for more revocations of tokens and users')
    return isKept === undefined ? 'pending' : 'stored'
  }

  close(): void {}
}

/** Knows what was revoked before once the worker has been let in. */
export const primaryRevocation = (link: Link, clock: Clock, metrics: Pick<Metrics, 'revocations'>): Revocation =>
  new PrimaryRevocation(link, new RevocationList(clock, metrics))
