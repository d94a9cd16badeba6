/** Brings the schema of a database to what this version knows: numbered steps, each of them once. */

import { StartFault } from '../../core/start-fault.ts'
import type { Database, Statements } from './database.ts'

export interface Migration {
  /** One more than the last; it is never changed, and never given again. */
  readonly number: number
  readonly name: string
  readonly statements: readonly string[]
}

const register = `create table if not exists portcullis_migrations (
  number bigint primary key,
  name text not null,
  applied_at bigint not null
)`

/** Applies what is missing, all of it or nothing, one process at a time. Throws `StartFault` where a newer version has been here. */
export async function migrate(database: Database, migrations: readonly Migration[], now: number): Promise<void> {
  const newest = migrations.at(-1)?.number ?? 0
  await database.transact(async (statements) => {
    for (const lock of database.schemaLock) await statements.query(lock)
    await statements.query(register)
    const applied = await appliedNumber(statements)
    if (applied > newest)
      throw new StartFault(
        `the database has schema ${applied}, and this version knows ${newest}: start the version that wrote it, or a newer one`,
      )
    for (const migration of migrations) if (migration.number > applied) await apply(statements, migration, now)
  })
}

async function appliedNumber(statements: Statements): Promise<number> {
  const [last] = await statements.query<{ readonly number: number }>(
    'select number from portcullis_migrations order by number desc limit 1',
  )
  return last?.number ?? 0
}

async function apply(statements: Statements, { number, name, statements: steps }: Migration, now: number) {
  for (const step of steps) await statements.query(step)
  await statements.query('insert into portcullis_migrations (number, name, applied_at) values ($1, $2, $3)', [
    number,
    name,
    now,
  ])
}
