/** Ends the API keys of an account, as part of what ends them. */

import type { Statements } from '../../database/database.ts'

/** How many were alive. */
export async function endKeys(statements: Statements, account: string, now: number): Promise<number> {
  const rows = await statements.query(
    `update portcullis_api_keys set revoked_at = $1
     where account_id = $2 and revoked_at is null and (expires_at is null or expires_at > $1) returning id`,
    [now, account],
  )
  return rows.length
}
