/** Which closed segments are older than they are kept, and their removal. */

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Chain } from '../chain.ts'
import { readFirstRecord } from './first-record.ts'
import { headsName, listSegments, packedName, plainName, type SegmentFiles, syncFolder } from './folder.ts'

/** Segments that may go, and what the log had grown to with the last of them. */
export interface Expired {
  readonly segments: readonly [first: number, last: number]
  readonly through: number
  readonly root: string
}

/** Those that were closed before a time, in milliseconds since the Unix epoch; oldest first, without a gap. */
export async function findExpired(folder: string, log: string, before: number): Promise<Expired | undefined> {
  const segments = await listSegments(folder)
  let expired: Expired | undefined
  for (const [index, next] of segments.entries()) {
    const segment = segments[index - 1]
    if (segment === undefined) continue
    const first = await beginning(folder, next)
    if (first === undefined || first.time >= before) return expired
    const { size, prev, peaks } = first.before
    const root = new Chain(log, { size, prev, peaks }).root()
    expired = { segments: [expired?.segments[0] ?? segment.number, segment.number], through: size, root }
  }
  return expired
}

const beginning = async (folder: string, segment: SegmentFiles) =>
  segment.plain || segment.packed ? readFirstRecord(folder, segment) : undefined

/** Oldest first, so that what an interruption leaves has no gap. */
export async function removeSegments(folder: string, [first, last]: Expired['segments']): Promise<void> {
  for (let number = first; number <= last; number++) {
    for (const name of [plainName(number), packedName(number), headsName(number)])
      await rm(join(folder, name), { force: true })
  }
  await syncFolder(folder)
}
