/** Follows one log from its first record that is there to its last, and holds it against every signed head. */

import { join } from 'node:path'
import { Chain } from '../../services/audit/chain.ts'
import { plainName, type SegmentFiles } from '../../services/audit/log/folder.ts'
import type { ExpectedHeads } from './expected-heads.ts'
import { firstRecordOf, segmentPath } from './first-line.ts'
import type { HeadKeys } from './head-keys.ts'
import type { LogFolder } from './inventory.ts'
import { type OwnHeads, readOwnHeads } from './own-heads.ts'
import { Removals } from './removals.ts'
import { rangeOf, Tampering } from './report.ts'
import { samePacked } from './same-packed.ts'
import type { Seen } from './seen.ts'
import type { Tell } from './segment-bytes.ts'
import { walkSegment } from './walk-segment.ts'

export interface Walk {
  readonly log: string
  readonly folder: LogFolder
  readonly expected: ExpectedHeads
  readonly keys: HeadKeys
  readonly tell: Tell
}

/** Throws `Tampering` for the first thing that is wrong. */
export async function walkLog(walk: Walk, seen: Seen): Promise<void> {
  const { folder, expected } = walk
  const [first] = folder.segments
  checkListing(folder)
  if (first === undefined) return checkEnd(folder.path, 0, expected.largestGiven)
  const chain = await beginChain(walk, first)
  const file = segmentPath(folder.path, first)
  seen.start = chain.size
  seen.size = chain.size
  if (expected.refute(chain.size, chain.root()) !== undefined)
    throw new Tampering(
      { file, line: 1 },
      `the records before ${chain.size + 1} are others than those that a head was signed over`,
    )
  const removals = new Removals()
  for (const segment of folder.segments) {
    removals.begin(chain.size, chain.root())
    await takeSegment({ walk, segment, chain, removals }, seen)
  }
  checkEnd(segmentPath(folder.path, folder.segments.at(-1) ?? first), chain.size, expected.largestGiven)
  removals.check({ number: first.number, start: seen.start, file }, expected.proven)
}

/** Segments follow one another without a gap, and heads belong to records. */
function checkListing({ path, segments, headsOnly, hasKeys }: LogFolder): void {
  const last = segments.at(-1)?.number ?? 0
  const lost = (number: number, why: string): Tampering =>
    new Tampering({ file: join(path, plainName(number)) }, `segment ${number} is missing: ${why}`)
  segments.forEach(({ number }, index) => {
    const before = segments[index - 1]?.number ?? number - 1
    if (number !== before + 1) throw lost(before + 1, `${before} and ${number} are there`)
  })
  const orphan = headsOnly.find((number) => number > last)
  if (orphan !== undefined) throw lost(orphan, 'its signed heads are there')
  if (last === 0 && hasKeys) throw lost(1, 'all records are gone, but the keys that signed them are there')
}

async function beginChain({ log, folder }: Walk, first: SegmentFiles): Promise<Chain> {
  if (first.number === 1) return new Chain(log)
  const record = await firstRecordOf(folder.path, first)
  if (record !== undefined) return new Chain(log, record.before)
  throw new Tampering(
    { file: segmentPath(folder.path, first), line: 1 },
    'the first record of a segment is expected here',
  )
}

interface SegmentTask {
  readonly walk: Walk
  readonly segment: SegmentFiles
  readonly chain: Chain
  readonly removals: Removals
}

async function takeSegment(task: SegmentTask, seen: Seen): Promise<void> {
  const { walk, segment, chain } = task
  const file = segmentPath(walk.folder.path, segment)
  const start = chain.size
  const isLast = segment === walk.folder.segments.at(-1)
  const own = await readHeads(task, isLast)
  const headed = own.heads.at(-1)?.size ?? chain.size
  const signed = Math.max(headed, walk.expected.largestGiven.size)
  await walkSegment({ ...task, place: { file, number: segment.number, isLast, signed } }, seen)
  seen.ownHeads += own.heads.length
  if (own.isTorn) seen.torn ??= own.file
  checkEnd(file, chain.size, { size: headed, from: own.file })
  if (!isLast && headed < chain.size)
    throw new Tampering(
      { file: own.file, record: chain.size },
      `the last head is missing: a closed segment has one at its end, ${chain.size}`,
    )
  const unkept = walk.expected.unkept(start, chain.size)
  if (unkept !== undefined)
    throw new Tampering(
      { file: own.file, record: unkept.size },
      `the head at ${unkept.size} is missing: it is in \`${unkept.from}\`, and heads are kept before they are published`,
    )
  if (segment.plain && segment.packed) await samePacked(walk.folder.path, segment.number)
}

async function readHeads({ walk, segment, chain }: SegmentTask, isLast: boolean): Promise<OwnHeads> {
  const { folder, log, keys, expected } = walk
  const first = await firstRecordOf(folder.path, segment)
  if (first !== undefined) keys.learn(first.vkey)
  const own = await readOwnHeads({ folder: folder.path, log, number: segment.number, start: chain.size, isLast }, keys)
  for (const head of own.heads) expected.add(head, own.file, false)
  return own
}

function checkEnd(file: string, end: number, head: { readonly size: number; readonly from: string }): void {
  if (head.size <= end) return
  const missing = end + 1 === head.size ? `record ${head.size} is` : `records ${rangeOf(end + 1, head.size)} are`
  const message = `${missing} missing: the head at ${head.size} in \`${head.from}\` was signed over more; the end was cut, or this is an older copy`
  throw new Tampering({ file, record: end + 1 }, message)
}
