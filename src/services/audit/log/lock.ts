/** One writer a log: an exclusive lock of the kernel's, which is gone with the process however that ends. */

import { chmodSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

export interface Lock {
  release(): void
}

/** SQLITE_BUSY, in the lower byte of extended codes too. */
const busy = 5

/**
 * Takes the lock, or gives nothing where another holds it. SQLite, for POSIX locks belong to a process and fall when any
 * of its threads closes the file: it keeps them right between threads too. So nothing else may open this file.
 */
export function takeLock(path: string): Lock | undefined {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    // No journal beside it: nothing is ever written.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    chmodSync(path, 0o600)
    return { release: () => database.close() }
  } catch (error) {
    database.close()
    if (((error as { errcode?: number }).errcode ?? 0) % 256 === busy) return undefined
    throw error
  }
}
