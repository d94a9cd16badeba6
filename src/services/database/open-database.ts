/** Opens the durable store that the settings name; what it runs on is loaded by the first who does. */

import { StartFault } from '../../core/start-fault.ts'
import { reasonOf } from '../reason.ts'
import { type Database, DatabaseAway } from './database.ts'
import type { DatabaseSettings } from './settings.ts'
import { nameOf } from './target.ts'

export interface OpenOptions {
  /** What is asked holds up the event loop until `serve`, where the database is a file: for a process that does nothing else. */
  readonly onLoop?: boolean
}

/** Throws `StartFault` where it cannot be reached. */
export async function openDatabase(settings: DatabaseSettings, options: OpenOptions = {}): Promise<Database> {
  const database = await connect(settings, options)
  try {
    await database.query('select 1')
    return database
  } catch (error) {
    await database.close()
    throw asStartFault(error, settings)
  }
}

async function connect({ target, ...settings }: DatabaseSettings, options: OpenOptions): Promise<Database> {
  if (target.kind === 'postgres') {
    const { PostgresDatabase } = await import('./postgres/postgres-database.ts')
    return new PostgresDatabase({ target, ...settings })
  }
  const [{ prepareFile }, { SqliteDatabase }] = await Promise.all([
    import('./sqlite/file.ts'),
    import('./sqlite/sqlite-database.ts'),
  ])
  await prepareFile(target.path)
  return new SqliteDatabase(target.path, settings.deadline, options)
}

/** What is in the way at the start, in a sentence that says where. */
export function asStartFault(error: unknown, { target }: Pick<DatabaseSettings, 'target'>): unknown {
  if (!(error instanceof DatabaseAway)) return error
  const reason = error.cause === undefined ? error.message : reasonOf(error.cause)
  return new StartFault(`the database \`${nameOf(target)}\` cannot be used: ${reason}`, { cause: error })
}
