/** The line that a segment begins with. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type FirstRecord, parseFirstRecord } from '../../services/audit/log/first-record.ts'
import { packedName, plainName, type SegmentFiles } from '../../services/audit/log/folder.ts'
import { eachLine } from './each-line.ts'
import { Tampering } from './report.ts'
import { readSegment } from './segment-bytes.ts'

/** Where the records of a segment are now: its writer may have packed it since it was listed. */
export function segmentPath(folder: string, { number, plain }: SegmentFiles): string {
  const path = join(folder, plainName(number))
  return plain && existsSync(path) ? path : join(folder, packedName(number))
}

/** Nothing where there is no whole line; throws only where the file cannot be read. */
export async function firstLineOf(folder: string, segment: SegmentFiles): Promise<string | undefined> {
  let found: string | undefined
  try {
    await eachLine(
      readSegment(segmentPath(folder, segment), () => {}),
      ({ leaf, ended }) => {
        if (ended) found = leaf.toString('utf8', 1)
        throw enough
      },
    )
  } catch (error) {
    if (error !== enough && !(error instanceof Tampering)) throw error
  }
  return found
}

const enough = new Error('the first line was read')

/** What it says, where it is the record of that segment. */
export async function firstRecordOf(folder: string, segment: SegmentFiles): Promise<FirstRecord | undefined> {
  const line = await firstLineOf(folder, segment)
  return line === undefined ? undefined : parseFirstRecord(line, segment.number)
}
