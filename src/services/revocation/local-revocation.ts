/** Revocation in this process alone; it ends with the process. */

import type { Clock } from '../clock.ts'
import type { Metrics } from '../metrics.ts'
import type { Entry } from './entry.ts'
import type { Reach, RevocableToken, Revocation } from './revocation.ts'
import { RevocationList } from './revocation-list.ts'

class LocalRevocation implements Revocation {
  readonly #list: RevocationList

  constructor(list: RevocationList) {
    this.#list = list
  }

  isRevoked(token: RevocableToken): boolean {
    return this.#list.isRevoked(token)
  }

  holds(entry: Entry): boolean {
    return this.#list.holds(entry)
  }

  async revoke(entry: Entry): Promise<Reach> {
    this.#list.add(entry)
    return 'stored'
  }

  close(): void {}
}

/** Revocations in memory, which these metrics tell of; they survive a reload, not a restart. */
export const localRevocation = (clock: Clock, metrics: Pick<Metrics, 'revocations'>): Revocation =>
  new LocalRevocation(new RevocationList(clock, metrics))
