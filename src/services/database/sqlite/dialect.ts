/** What SQLite spells differently, and how it says that it cannot. */

import { DatabaseAway } from '../database.ts'

/** Of a statement that failed. */
export interface SqliteFault {
  /** The extended code of the library. */
  readonly code: number
  readonly message: string
}

/** Values are numbered with `?`; every table keeps to its types; one writer at a time has all rows locked. */
export function translate(sql: string): string {
  const numbered = sql.replace(/\$(?=\d)/g, '?').replace(/\s+for update\s*$/i, '')
  if (!/^\s*(?:create|alter) table/i.test(numbered)) return numbered
  const typed = numbered.replace(/\bbigint\b/g, 'integer')
  return /^\s*create/i.test(typed) ? `${typed} strict` : typed
}

export const isRead = (sql: string): boolean => /^\s*select\b/i.test(sql)

/** Whether another process holds the file just now (SQLITE_BUSY). */
export const isBusy = ({ code }: SqliteFault): boolean => (code & 0xff) === 5

/** busy, locked, readonly, I/O, corrupt, full, cannot open, no database. */
const away = new Set([5, 6, 8, 10, 11, 13, 14, 26])

export function asError(fault: SqliteFault): Error {
  const error = new Error(fault.message)
  return away.has(fault.code & 0xff) ? new DatabaseAway(fault.message, { cause: error }) : error
}
