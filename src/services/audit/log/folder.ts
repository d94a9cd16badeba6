/** How the files of one log are named, and which are there. */

import { chmod, mkdir, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** What is there of one segment. */
export interface SegmentFiles {
  readonly number: number
  /** `NUMBER.jsonl` */
  readonly plain: boolean
  /** `NUMBER.jsonl.gz` */
  readonly packed: boolean
  /** `NUMBER.heads` */
  readonly heads: boolean
}

const stem = (number: number): string => String(number).padStart(8, '0')
export const plainName = (number: number): string => `${stem(number)}.jsonl`
export const packedName = (number: number): string => `${stem(number)}.jsonl.gz`
export const headsName = (number: number): string => `${stem(number)}.heads`
export const lockName = 'lock'
export const keysName = 'key.pub'
/** What is being compressed; worth nothing once its writer is gone. */
export const draftName = (number: number): string => `${packedName(number)}.tmp`

const pattern = /^(\d{8,15})\.(jsonl|jsonl\.gz|heads|jsonl\.gz\.tmp)$/

/** The segments of a log, first to last. */
export async function listSegments(folder: string): Promise<readonly SegmentFiles[]> {
  const kinds = new Map<number, Set<string>>()
  for (const name of await readdir(folder)) {
    const [, digits, kind = ''] = pattern.exec(name) ?? []
    if (digits === undefined) continue
    const number = Number(digits)
    kinds.set(number, (kinds.get(number) ?? new Set()).add(kind))
  }
  return [...kinds]
    .map(([number, has]) => ({
      number,
      plain: has.has('jsonl'),
      packed: has.has('jsonl.gz'),
      heads: has.has('heads'),
    }))
    .sort((a, b) => a.number - b.number)
}

/** Makes a folder where there is none, for its owner alone, whatever the umask says. */
export async function makeFolder(path: string): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode: 0o700 })
  if (made !== undefined) await chmod(path, 0o700)
}

/** What was created, renamed or removed in a folder is on disk only when the folder is (fsync(2)). */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** The path of a segment that is being written. */
export const plainPath = (folder: string, number: number): string => join(folder, plainName(number))
