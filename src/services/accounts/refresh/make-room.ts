/** Bounds what is kept of the sessions of one account: whoever logs in without end does not fill the database. */

import type { Statements } from '../../database/database.ts'

/** Live sessions of an account; as many of those that have ended are kept, so that their tokens are still known. */
const mostSessions = 100
/** Rows that are taken out at a time. */
const batch = 1_000

/** Room for one more live session, in the place of those that were not used for longest; gives their ids. */
export async function makeRoom(statements: Statements, account: string, now: number): Promise<readonly string[]> {
  await takeOut(statements, '(revoked_at is not null or expires_at <= $2)', [account, now, batch, mostSessions])
  return takeOut(statements, 'revoked_at is null and expires_at > $2', [account, now, batch, mostSessions - 1])
}

/** Their tokens go with them. */
async function takeOut(statements: Statements, which: string, values: readonly (string | number)[]) {
  const rows = await statements.query<{ readonly id: string }>(
    `delete from portcullis_refresh_families where id in
     (select id from portcullis_refresh_families where account_id = $1 and ${which}
      order by used_at desc, created_at desc, id limit $3 offset $4) returning id`,
    values,
  )
  return rows.map(({ id }) => id)
}
