/** How tests reach a database. */

import type { DatabaseSettings } from '../../../src/services/database/settings.ts'
import { readDatabaseTarget } from '../../../src/services/database/target.ts'

/** Milliseconds: long enough for a machine that is busy otherwise. */
const deadline = 20_000

export function settingsOf(url: string, given: Partial<DatabaseSettings> = {}): DatabaseSettings {
  const target = readDatabaseTarget(url)
  if (typeof target === 'string') throw new Error(target)
  return { target, ca: undefined, serverName: undefined, deadline, ...given }
}
