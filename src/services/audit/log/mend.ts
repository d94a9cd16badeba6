/** Finds a segment again that could not be written, or was not where it should be. */

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { AuditEntry } from '../../../core/audit.ts'
import type { Chain } from '../chain.ts'
import { syncFolder } from './folder.ts'
import { ownEntry } from './own-entry.ts'
import { replay } from './replay.ts'
import { Segment } from './segment.ts'

/** What is known of a segment that is in doubt. */
export interface Doubt {
  readonly segment: Segment
  /** What the log has grown to with it. */
  readonly chain: Chain
  /** What the last write was to add; it may be there in part. */
  readonly attempt: Buffer
}

export interface Mended {
  readonly segment: Segment
  /** What others had written to it, which is cut off. */
  readonly notes: readonly AuditEntry[]
}

/** Opens the segment anew where all that was kept is in it, and cuts what follows; throws where it is not. */
export async function mend({ segment, chain, attempt }: Doubt): Promise<Mended> {
  const { place, size, synced } = segment
  const read = await replay(place.path, { log: chain.log, state: place.before }, size)
  if (read.chain.state.prev !== chain.state.prev || read.size !== size)
    throw new Error(
      `\`${place.path}\` lacks records that were kept: it must hold ${chain.size}, but holds ${read.chain.size}`,
    )
  const opened = await Segment.open(place, size)
  try {
    const notes = await foreign(place.path, size, attempt)
    await opened.cutBack()
    await opened.rewrite(synced)
    await syncFolder(dirname(place.path))
    return { segment: opened, notes }
  } catch (error) {
    await opened.close()
    throw error
  }
}

/** What is behind our bytes, unless it is what we tried to write ourselves. */
async function foreign(path: string, size: number, attempt: Buffer): Promise<readonly AuditEntry[]> {
  const { size: end } = await stat(path)
  if (end <= size) return []
  const isOurs = end - size <= attempt.length && (await digest(path, size)) === hashOf(attempt.subarray(0, end - size))
  return isOurs ? [] : [await describeCut(path, size)]
}

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

async function digest(path: string, from: number): Promise<string> {
  const sum = createHash('sha256')
  for await (const chunk of createReadStream(path, { start: from })) sum.update(chunk)
  return sum.digest('hex')
}

/** The record of what is about to be cut off a file. */
export async function describeCut(path: string, from: number): Promise<AuditEntry> {
  const { size } = await stat(path)
  return ownEntry('audit.recovered', { file: basename(path), cut: size - from, sha256: await digest(path, from) })
}
