/** Databases as the account store opens them, without its tables. */

import type { ExecutionContext } from 'ava'
import type { Database } from '../../../src/services/database/database.ts'
import { openDatabase } from '../../../src/services/database/open-database.ts'
import type { DatabaseSettings } from '../../../src/services/database/settings.ts'
import { emptyDatabase, type Kind, settingsOf } from '../accounts/stores.ts'

/** Opened until the test ends. */
export async function openAt(
  t: ExecutionContext,
  url: string,
  given: Partial<DatabaseSettings> = {},
): Promise<Database> {
  const database = await openDatabase(settingsOf(url, given))
  t.teardown(() => database.close())
  return database
}

/** With a table of counts. */
export async function openEmpty(t: ExecutionContext, kind: Kind, given: Partial<DatabaseSettings> = {}) {
  const url = await emptyDatabase(t, kind)
  const database = await openAt(t, url, given)
  await database.query('create table counts (name text primary key, count bigint not null)')
  return { url, database }
}

export const insert = 'insert into counts (name, count) values ($1, $2)'

export const countsOf = (database: Database) =>
  database.query<{ readonly name: string; readonly count: number }>('select name, count from counts order by name')
