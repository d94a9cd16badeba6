/** Takes out what nobody can use any more, in small batches. */

import type { Database } from '../database/database.ts'
import { accountRules } from './login-throttle.ts'

const batch = 500
/** Milliseconds that a family is kept after its end: who comes late with one of its tokens is still known. */
const familiesKept = 7 * 86_400_000
/** Milliseconds that failures are kept; locks are kept until somebody unlocks, of whatever name. */
const failuresKept = 30 * 86_400_000
/** Milliseconds that an API key is listed after its end. */
const keysKept = 30 * 86_400_000
/** Milliseconds that acts of commands wait for a server that keeps a log. */
const actsKept = 30 * 86_400_000

/** How many rows are gone; tokens go with their families. */
export async function prune(database: Database, now: number): Promise<number> {
  const families = await deleteAll(
    database,
    `delete from portcullis_refresh_families where id in
     (select id from portcullis_refresh_families where expires_at < $1 limit $2) returning id`,
    [now - familiesKept, batch],
  )
  const failures = await deleteAll(
    database,
    `delete from portcullis_login_failures where key in
     (select key from portcullis_login_failures where last_at < $1 and failures < $3 limit $2)
     and last_at < $1 returning key`,
    [now - failuresKept, batch, accountRules.lockAt],
  )
  const keys = await deleteAll(
    database,
    `delete from portcullis_api_keys where id in
     (select id from portcullis_api_keys where revoked_at < $1 or expires_at < $1 limit $2) returning id`,
    [now - keysKept, batch],
  )
  const acts = await deleteAll(
    database,
    'delete from portcullis_outbox where id in (select id from portcullis_outbox where at < $1 limit $2) returning id',
    [now - actsKept, batch],
  )
  const revocations = await deleteAll(
    database,
    `delete from portcullis_revocations where key in
     (select key from portcullis_revocations where forget_at < $1 limit $2) and forget_at < $1 returning key`,
    [now, batch],
  )
  return families + failures + keys + acts + revocations
}

async function deleteAll(database: Database, sql: string, values: readonly number[]): Promise<number> {
  let deleted = 0
  for (;;) {
    const { length } = await database.query(sql, values)
    deleted += length
    if (length < batch) return deleted
  }
}
