/** How the file stands, told by the times and sizes that the system keeps: no byte of it is read, and no lock of SQLite's lost. */

import type { BigIntStats } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { DataVersion } from '../database.ts'

/**
 * Of the log first: what is committed later than that shows the next time, and what was moved out of the log before shows
 * in the file. Nothing where the file cannot be looked at.
 */
export async function dataVersionOf(path: string): Promise<DataVersion | undefined> {
  const log = await stat(`${path}-wal`, { bigint: true }).catch(() => undefined)
  const file = await stat(path, { bigint: true }).catch(() => undefined)
  if (file === undefined) return undefined
  // An empty log comes and goes with whoever opens the file, and says nothing.
  const parts = log !== undefined && log.size > 0n ? [file, log] : [file]
  return { tag: parts.map(tagOf).join(' '), age: Date.now() - Math.max(...parts.map(changedAt)) }
}

/** By `ctime` too: nobody can set that. */
const tagOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string => [dev, ino, size, mtimeNs, ctimeNs].join()

const changedAt = ({ mtimeMs, ctimeMs }: BigIntStats): number => Number(mtimeMs > ctimeMs ? mtimeMs : ctimeMs)
