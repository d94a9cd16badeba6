/** The wanted records of logs, merged by their time. */

import type { SegmentFiles } from '../../services/audit/log/folder.ts'
import { linesIn } from './each-line.ts'
import type { AuditRecord, Filter } from './filter.ts'
import { firstRecordOf, segmentPath } from './first-line.ts'
import type { LogFolder } from './inventory.ts'
import { Tampering } from './report.ts'
import { readSegment } from './segment-bytes.ts'

/** A wanted record, and its line. */
export interface Shown {
  readonly record: AuditRecord
  readonly line: string
}

/** Told of what cannot be shown; the rest is. */
export interface Spoilt {
  /** A line that is no record. */
  line(file: string): void
  file(file: string, why: string): void
}

/** All that are there now, oldest first. Throws where a file may not be read. */
export async function* readRecords(logs: readonly LogFolder[], filter: Filter, spoilt: Spoilt): AsyncGenerator<Shown> {
  const streams = logs.map((log) => recordsOf(log, filter, spoilt))
  const heads = await Promise.all(streams.map((stream) => stream.next()))
  for (;;) {
    const first = heads.reduce<number>(
      (best, { done }, index) => (done || !isEarlier(heads, index, best) ? best : index),
      -1,
    )
    const head = heads[first]
    const stream = streams[first]
    if (head === undefined || head.done || stream === undefined) return
    yield head.value
    heads[first] = await stream.next()
  }
}

function isEarlier(heads: readonly IteratorResult<Shown>[], index: number, best: number): boolean {
  const timeAt = (at: number): string => String(heads[at]?.value?.record.time)
  return best === -1 || timeAt(index) < timeAt(best)
}

async function* recordsOf(log: LogFolder, filter: Filter, spoilt: Spoilt): AsyncGenerator<Shown> {
  const { path, segments } = log
  for (const [index, segment] of segments.entries()) {
    if (await isTooOld(path, segments[index + 1], filter)) continue
    yield* recordsIn(segmentPath(path, segment), filter, spoilt)
  }
}

async function* recordsIn(file: string, filter: Filter, spoilt: Spoilt): AsyncGenerator<Shown> {
  try {
    for await (const lines of linesIn(readSegment(file, () => {})))
      for (const { leaf } of lines) {
        const shown = readShown(leaf.subarray(1), filter, () => spoilt.line(file))
        if (shown !== undefined) yield shown
      }
  } catch (error) {
    if (!(error instanceof Tampering)) throw error
    spoilt.file(file, error.message)
  }
}

/** Reads a line where it may be wanted. */
export function readShown(bytes: Buffer, filter: Filter, spoilt: () => void): Shown | undefined {
  if (!filter.mayBe(bytes)) return undefined
  const line = bytes.toString('utf8')
  const record = parse(line)
  if (record === undefined) spoilt()
  return record !== undefined && filter.is(record) ? { record, line } : undefined
}

function parse(line: string): AuditRecord | undefined {
  try {
    const value = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** A clock that was set back may have given later records earlier times. */
const slack = 3_600_000

/** Whether a segment ended long before what is wanted: the next one began before it. */
async function isTooOld(
  folder: string,
  next: SegmentFiles | undefined,
  { wanted: { since } }: Filter,
): Promise<boolean> {
  if (since === undefined || next === undefined) return false
  const began = (await firstRecordOf(folder, next))?.time
  return began !== undefined && began + slack < Date.parse(since)
}
