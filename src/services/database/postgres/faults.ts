/** What the faults of Postgres mean: it is away, two were in each other's way, or a statement is wrong. */

import { reasonOf } from '../../reason.ts'
import { DatabaseAway } from '../database.ts'

/** Classes and codes (SQLSTATE) by which a server says that it cannot just now, or lets nobody in. */
const away = [
  /^08/, // the connection
  /^25006/, // it only reads: a replica
  /^25P03/, // idle in a transaction for too long
  /^28/, // who calls is not let in
  /^3D000/, // no such database
  /^42501/, // a right is missing
  /^53/, // memory, disk, connections
  /^55P03/, // a lock is not free in time
  /^57/, // cancelled for its time, shut down, starting
  /^58/, // of its system
]

/** Only what a server has said bears a severity; all else is of the network, of TLS, or of a deadline. */
function codeOf(error: unknown): string | undefined {
  const { code, severity } = error as { readonly code?: string; readonly severity?: string }
  return severity === undefined ? undefined : code
}

/** A deadlock, no serial order (40P01, 40001): nobody is to blame. */
export const isInTheWay = (error: unknown): boolean => ['40P01', '40001'].includes(codeOf(error) ?? '')

/** Something has to be there once, and is there already (23505): who looked before finds it when they look again. */
const isTaken = (error: unknown): boolean => codeOf(error) === '23505'

/** Nothing of it was done, and doing it again may well end in another way. */
export const isRepeatable = (error: unknown): boolean => isInTheWay(error) || isTaken(error)

/** The error that those outside know, of one that the library throws. */
export function asError(error: unknown): unknown {
  const code = codeOf(error)
  const isAway = code === undefined || away.some((known) => known.test(code))
  return isAway && !(error instanceof DatabaseAway) ? asAway(error) : error
}

export const asAway = (error: unknown): DatabaseAway => new DatabaseAway(reasonOf(error), { cause: error })
