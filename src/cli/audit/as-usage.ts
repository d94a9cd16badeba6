/** A log that was named and is none, or cannot be read, is a mistake of whoever named it. */

import { Unreadable } from '../../tools/audit/report.ts'
import { UsageFault } from '../command.ts'

/** Throws `UsageFault` for a folder that is no log, and for a file that the system does not hand over. */
export async function asUsage<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw isUnreadable(error) ? new UsageFault((error as Error).message) : error
  }
}

const isUnreadable = (error: unknown): boolean =>
  error instanceof Unreadable || (error instanceof Error && 'syscall' in error)
