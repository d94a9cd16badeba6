/** One use of a session whose token stays the same, as browsers keep it: found, still good, and its idle time begins anew. */

import type { StoreContext } from '../context.ts'
import type { RefreshRules } from './refresh-rules.ts'
import { hashOfToken } from './refresh-token.ts'
import { type FamilyRow, familyColumns, readSession, type Session } from './session.ts'

export interface SessionUse {
  readonly client: string
  readonly rules: Pick<RefreshRules, 'idle' | 'absolute'>
}

/** Asked first, for whoever comes with a token that is none makes nobody wait who writes. */
const look = `select f.id from portcullis_refresh_tokens t join portcullis_refresh_families f on f.id = t.family_id
  where t.hash = $1 and t.spent_at is null and f.revoked_at is null and f.expires_at > $2`

/** One statement, so that a session that ends meanwhile is not used. */
const use = `update portcullis_refresh_families set used_at = $1,
    expires_at = case when created_at + $2 < $3 then created_at + $2 else $3 end
  where id = (select family_id from portcullis_refresh_tokens where hash = $4 and spent_at is null)
    and client = $5 and revoked_at is null and expires_at > $1 and created_at + $2 > $1 and used_at + $6 > $1
    and exists (select 1 from portcullis_accounts
      where portcullis_accounts.id = portcullis_refresh_families.account_id and disabled_at is null)
  returning ${familyColumns}`

/** The session of the token; none where it has ended, was never, or belongs to another client. */
export async function useSession(
  { database, fields, clock }: StoreContext,
  token: string,
  { client, rules }: SessionUse,
): Promise<Session | undefined> {
  const [hash, now] = [hashOfToken(token), clock.now()]
  if (hash === undefined || (await database.query(look, [hash, now])).length === 0) return undefined
  const values = [now, rules.absolute, now + rules.idle, hash, client, rules.idle]
  const [row] = await database.query<FamilyRow>(use, values)
  return row && readSession(fields, row)
}
