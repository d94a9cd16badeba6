/** Finds where a log stands when a writer opens it: what a crash left is mended, what does not hold is not touched. */

import { createPublicKey } from 'node:crypto'
import { existsSync } from 'node:fs'
import { rm, truncate, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { AuditEntry } from '../../../core/audit.ts'
import { Chain } from '../chain.ts'
import { isSignedBy, type SignedHead } from '../note.ts'
import { beginSegment } from './begin-segment.ts'
import { evidence } from './evidence.ts'
import { type FirstRecord, readFirstRecord } from './first-record.ts'
import {
  draftName,
  headsName,
  keysName,
  listSegments,
  plainName,
  plainPath,
  type SegmentFiles,
  syncFolder,
} from './folder.ts'
import { type HeadsFile, readHeadsFile } from './heads-file.ts'
import type { JournalPlace, JournalState } from './journal.ts'
import { describeCut } from './mend.ts'
import { type Replay, replay } from './replay.ts'
import { Segment } from './segment.ts'

export interface Recovered {
  readonly state: JournalState
  /** What was mended, for the record. */
  readonly notes: readonly AuditEntry[]
  /** The segment was begun by a process with another key. */
  readonly isOfOtherKey: boolean
}

/** Reads the last segment of a log, against the heads beside it; begins a log that has none. */
export async function recover(place: JournalPlace, id: string): Promise<Recovered> {
  const segments = await listSegments(place.folder)
  for (const { number } of segments) await rm(join(place.folder, draftName(number)), { force: true })
  const last = segments.findLast(({ plain, packed, heads }) => plain || packed || heads)
  if (last === undefined) return begin(place, id)
  if (!last.plain) throw evidence(place.folder, plainName(last.number), 'is not there, but its heads or its copy are')
  const first = await readFirstRecord(place.folder, last)
  if (first === undefined) return withdraw(place, id, last)
  return resume(place, new Chain(id, first.before), { first, number: last.number })
}

async function begin(place: JournalPlace, id: string): Promise<Recovered> {
  if (existsSync(join(place.folder, keysName)))
    throw evidence(place.folder, plainName(1), 'is not there, but the log was begun')
  const { chain, segment } = await beginSegment(place, new Chain(id), 1)
  return { state: { chain, segment, headed: 0 }, notes: [], isOfOtherKey: false }
}

/** A segment whose first record is torn was being begun when the process died: nothing was ever kept in it. */
async function withdraw(place: JournalPlace, id: string, { number, heads }: SegmentFiles): Promise<Recovered> {
  const path = plainPath(place.folder, number)
  const { broken, size } = await replay(path, { log: id, state: new Chain(id).state })
  const wasKept = heads || (number === 1 && existsSync(join(place.folder, keysName)))
  if (wasKept || size > 0 || (broken !== undefined && !isTorn(broken)))
    throw evidence(place.folder, `${plainName(number)}:1`, 'is not the record that a segment begins with')
  await unlink(path)
  await syncFolder(place.folder)
  return recover(place, id)
}

async function resume(
  place: JournalPlace,
  start: Chain,
  { first, number }: { readonly first: FirstRecord; readonly number: number },
): Promise<Recovered> {
  const heads = await readHeads(place, number)
  const read = await follow(place, start, { number, heads: heads.all })
  const notes: AuditEntry[] = []
  if (read.broken !== undefined) notes.push(await cut(join(place.folder, plainName(number)), read.size))
  if (heads.own.rest.length > 0) notes.push(await cut(join(place.folder, headsName(number)), heads.own.size))
  const segment = await openSegment(place, { first, number, size: read.size })
  const headed = heads.all.at(-1)?.size ?? 0
  return { state: { chain: read.chain, segment, headed }, notes, isOfOtherKey: first.vkey !== place.vkey }
}

/** What a process wrote that died is in the cache at best: a head may be signed only about what is on disk. */
async function openSegment(
  { folder, fsync }: JournalPlace,
  { first, number, size }: { readonly first: FirstRecord; readonly number: number; readonly size: number },
): Promise<Segment> {
  const path = plainPath(folder, number)
  const segment = await Segment.open({ path, number, opened: first.time, before: first.before, fsync }, size)
  await segment.cutBack()
  return segment
}

interface Heads {
  /** Beside the segment. */
  readonly own: HeadsFile
  /** With the one that the segment before was closed with. */
  readonly all: readonly SignedHead[]
}

async function readHeads({ folder }: JournalPlace, number: number): Promise<Heads> {
  const before = await readHeadsFile(join(folder, headsName(number - 1)))
  const own = await readHeadsFile(join(folder, headsName(number)))
  if (!own.isTornAtMost)
    throw evidence(folder, headsName(number), `holds something else after ${own.heads.length} signed heads`)
  return { own, all: [...before.heads.slice(-1), ...own.heads] }
}

/** Reads the segment to its end or to where it is torn; throws where it or a head does not hold. */
async function follow(
  place: JournalPlace,
  start: Chain,
  { number, heads }: { readonly number: number; readonly heads: readonly SignedHead[] },
): Promise<Replay> {
  const { folder } = place
  const name = plainName(number)
  const expected = new Map(heads.map((head) => [head.size, head]))
  const compare = (chain: Chain): void => checkHead(place, chain, expected.get(chain.size))
  compare(start)
  const read = await replay(join(folder, name), { log: start.log, state: start.state, seen: compare })
  const { size } = read.chain
  const at = `${name}:${size - start.size + 1}`
  if (read.broken !== undefined && !isTorn(read.broken))
    throw evidence(folder, at, `record ${size + 1} does not follow the record before it`)
  const headed = heads.at(-1)?.size ?? 0
  if (size < headed)
    throw evidence(folder, at, `record ${size + 1} is not there, but a signed head is about ${headed} records`)
  return read
}

function checkHead(place: JournalPlace, chain: Chain, head: SignedHead | undefined): void {
  if (head === undefined) return
  const isOurs = place.vkey.includes(`+${head.keyId}+`)
  if (isOurs && !isSignedBy(head, createPublicKey(place.key)))
    throw evidence(place.folder, 'heads', `the signature of the head about ${head.size} records is wrong`)
  if (head.root !== chain.root())
    throw evidence(
      place.folder,
      'records',
      `up to record ${chain.size} they are not what the head about them was signed for`,
    )
}

/** Without a line feed, or with a hole that the disk filled with zeros: no record that was ever kept. */
const isTorn = ({ ended, bytes }: NonNullable<Replay['broken']>): boolean => !ended || bytes.includes(0)

async function cut(path: string, size: number): Promise<AuditEntry> {
  const entry = await describeCut(path, size)
  await truncate(path, size)
  return entry
}
