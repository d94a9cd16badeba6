/** Finds where a log stands when its writer is started again: what a crash left is mended, what tampering left is not. */

import { createPublicKey, hash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, truncate, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { AuditEntry } from '../../../core/audit.ts'
import { StartFault } from '../../../core/start-fault.ts'
import { Chain } from '../chain.ts'
import { isSignedBy, type SignedHead } from '../note.ts'
import { readFirstRecord } from './first-record.ts'
import { headsName, keysName, listSegments, plainName, plainPath, type SegmentFiles, syncFolder } from './folder.ts'
import { readHeadsFile } from './heads-file.ts'
import { beginSegment, type JournalPlace, type JournalState } from './journal.ts'
import { ownEntry } from './own-entry.ts'
import { replay } from './replay.ts'
import { Segment } from './segment.ts'

export interface Recovered {
  readonly state: JournalState
  /** What was mended, for the record. */
  readonly notes: readonly AuditEntry[]
}

/** Reads the last segment of a log, against the heads beside it; begins a log that has none. */
export async function recover(place: JournalPlace, id: string): Promise<Recovered> {
  const last = (await listSegments(place.folder)).at(-1)
  if (last === undefined) return begin(place, id)
  return continueSegment(place, id, last)
}

async function begin(place: JournalPlace, id: string): Promise<Recovered> {
  if (existsSync(join(place.folder, keysName))) throw evidence(place, keysName, 'is there, but no records are')
  return { state: { ...(await beginSegment(place, new Chain(id), 1)), headed: 0 }, notes: [] }
}

async function continueSegment(place: JournalPlace, id: string, last: SegmentFiles): Promise<Recovered> {
  const { folder, fsync } = place
  const { number } = last
  const name = plainName(number)
  const path = plainPath(folder, number)
  if (!last.plain) throw evidence(place, name, 'is not there, but what belongs to it is')
  const first = await readFirstRecord(folder, last)
  if (first === undefined) {
    if (last.heads || (number === 1 && existsSync(join(folder, keysName))))
      throw evidence(place, name, 'does not begin with the record of a segment')
    await unlink(path)
    await syncFolder(folder)
    return recover(place, id)
  }
  const notes: AuditEntry[] = []
  const heads = await headsOf(place, number, notes)
  const expected = new Map(heads.map((head) => [head.size, head]))
  const start = new Chain(id, first.before)
  compare(place, start, expected.get(start.size))
  const read = await replay(path, {
    log: id,
    state: first.before,
    seen: (chain) => compare(place, chain, expected.get(chain.size)),
  })
  if (read.broken !== undefined) notes.push(await cutTorn(place, name, read.size))
  const headed = heads.at(-1)?.size ?? 0
  if (read.chain.size < headed)
    throw evidence(place, name, `ends with record ${read.chain.size}, but a signed head is about ${headed}`)
  const segment = await Segment.open({ path, number, opened: first.time, size: read.size, fsync })
  return { state: { chain: read.chain, segment, headed }, notes }
}

/** The heads that can be held against this segment, of its own and of the one before; a torn end is cut. */
async function headsOf(place: JournalPlace, number: number, notes: AuditEntry[]): Promise<readonly SignedHead[]> {
  const before = await readHeadsFile(join(place.folder, headsName(number - 1)))
  const path = join(place.folder, headsName(number))
  const own = await readHeadsFile(path)
  if (own.rest.length > 0) {
    await truncate(path, own.size)
    notes.push(tornEntry(headsName(number), own.rest))
  }
  return [...before.heads.slice(-1), ...own.heads]
}

function compare(place: JournalPlace, chain: Chain, head: SignedHead | undefined): void {
  if (head === undefined) return
  if (head.root !== chain.root())
    throw evidence(place, 'its records', `have another root at ${chain.size} than the signed head`)
  const publicKey = createPublicKey(place.key)
  if (place.vkey.includes(`+${head.keyId}+`) && !isSignedBy(head, publicKey))
    throw evidence(place, 'a head', 'has a wrong signature')
}

async function cutTorn(place: JournalPlace, name: string, size: number): Promise<AuditEntry> {
  const path = join(place.folder, name)
  const torn = (await readFile(path)).subarray(size)
  await truncate(path, size)
  return tornEntry(name, torn)
}

const tornEntry = (file: string, bytes: Buffer): AuditEntry =>
  ownEntry('audit.recovered', { file, cut: bytes.length, sha256: hash('sha256', bytes, 'hex') })

const evidence = ({ folder }: JournalPlace, name: string, what: string): StartFault =>
  new StartFault(
    `the audit log \`${folder}\` does not hold: ${name} ${what}; move the folder away and keep it as evidence, and a new log is begun`,
  )
