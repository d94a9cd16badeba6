/** Ends the sessions of an account, as part of what ends them. */

import type { Statements } from '../../database/database.ts'

/** What is said of it in the audit. */
export type Because = 'logout' | 'password' | 'disabled' | 'removed' | 'revoked' | 'reused' | 'client' | 'replaced'

export interface Ending {
  readonly account: string
  readonly because: Because
  /** A family that goes on. */
  readonly except: string | undefined
  readonly now: number
}

/** The ids of the families that were live. */
export async function endSessions(statements: Statements, { account, because, except, now }: Ending) {
  const rows = await statements.query<{ readonly id: string }>(
    `update portcullis_refresh_families set revoked_at = $1, revoked_because = $2
     where account_id = $3 and id <> $4 and revoked_at is null and expires_at > $1 returning id`,
    [now, because, account, except ?? ''],
  )
  return rows.map(({ id }) => id)
}
