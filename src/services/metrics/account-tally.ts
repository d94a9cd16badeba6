/** What was counted of accounts: who came in, who did not, and how passwords waited for it. */

import type { PasswordHasher } from '../accounts/passwords/password-hasher.ts'
import { Counter } from './counter.ts'

const named = <Outcome extends string>(...outcomes: readonly Outcome[]) => outcomes.map((outcome) => ({ outcome }))

export class AccountTally {
  readonly hasher: Pick<PasswordHasher, 'waiting' | 'tally'>
  /** `unavailable`: the database was away, or too many passwords waited. */
  readonly logins = new Counter<'outcome'>(named('ok', 'failed', 'locked', 'unavailable'))
  /** `repeated`: a client that lost its answer got the same one again. What is neither is refused, for this reason. */
  readonly refreshes = new Counter<'outcome'>(
    named('ok', 'repeated', 'reused', 'client', 'revoked', 'expired', 'disabled', 'unknown', 'unavailable'),
  )

  constructor(hasher: AccountTally['hasher']) {
    this.hasher = hasher
  }
}
