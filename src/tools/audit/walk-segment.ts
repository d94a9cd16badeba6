/** Follows the records of one segment: each must begin as the chain says, and the roots be those that were signed. */

import { isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'
import type { Chain } from '../../services/audit/chain.ts'
import { nameBroken, nameRewritten } from './broken-record.ts'
import { eachLine, type Line } from './each-line.ts'
import type { Removals } from './removals.ts'
import { type RecordPlace, type Tampering, wrongRecord } from './report.ts'
import type { Seen } from './seen.ts'
import { readSegment } from './segment-bytes.ts'
import type { Walk } from './walk-log.ts'

export interface SegmentPlace {
  readonly file: string
  readonly number: number
  readonly isLast: boolean
  /** The size that some head was signed at: what is below it cannot be what a crash has torn. */
  readonly signed: number
}

interface Task {
  readonly walk: Walk
  readonly chain: Chain
  readonly removals: Removals
  readonly place: SegmentPlace
}

type Record = Readonly<{ [member: string]: unknown }>

/** Thrown to leave the file, where a name for what is wrong needs a look around. */
class Stop extends Error {
  readonly find: () => Promise<Tampering>
  constructor(find: () => Promise<Tampering>) {
    super()
    this.find = find
  }
}

/** Throws `Tampering` for the first record that is wrong; a torn end is noted in `seen`. */
export async function walkSegment(task: Task, seen: Seen): Promise<void> {
  const { file } = task.place
  try {
    await eachLine(readSegment(file, task.walk.tell), (line) => takeLine(task, line, seen))
  } catch (error) {
    throw error instanceof Stop ? await error.find() : error
  }
}

function takeLine(task: Task, line: Line, seen: Seen): void {
  const { chain, place } = task
  if (seen.torn === place.file) return
  const here = { file: place.file, line: line.number, record: chain.size + 1 }
  if (isTorn(task, line)) {
    seen.torn = place.file
    return
  }
  const { prefix } = chain
  if (line.leaf.toString('latin1', 1, 1 + prefix.length) !== prefix)
    throw new Stop(() => nameBroken({ ...here, chain, previous: seen.last, expected: task.walk.expected }))
  const record = readRecord(line, here)
  takeEvent(task, record, here)
  chain.pushLeaf(hash('sha256', line.leaf, 'base64'))
  seen.take(here, record.time)
  holdRoot(task, here)
}

function holdRoot({ walk: { expected }, chain }: Task, here: RecordPlace): void {
  if (expected.rootAt(chain.size) === undefined) return
  const from = expected.refute(chain.size, chain.root())
  if (from === undefined) return
  const head = `the head at ${chain.size} in \`${from}\``
  throw new Stop(() => nameRewritten(here, { chain, since: expected.proven + 1, head }))
}

/** What a crash leaves: a next record without its end, or blocks that were never written, which read as zeros. */
function isTorn({ place, chain }: Task, { leaf, ended }: Line): boolean {
  if (!place.isLast || chain.size < place.signed) return false
  if (leaf.indexOf(unwritten, 1) !== -1) return true
  return !ended && chain.prefix.startsWith(leaf.toString('latin1', 1, 1 + chain.prefix.length))
}

const unwritten = Buffer.alloc(8)
const brace = 0x7d
const carriageReturn = 0x0d

function readRecord({ leaf, ended }: Line, here: RecordPlace): Record {
  if (!ended) throw wrongRecord(here, 'is cut')
  if (leaf.at(-1) === brace && !leaf.includes(carriageReturn) && isUtf8(leaf)) {
    try {
      return JSON.parse(leaf.toString('utf8', 1))
    } catch {}
  }
  throw wrongRecord(here, 'was changed: it is no JSON object on one line')
}

/** What the log says of itself must be true of it. */
function takeEvent({ chain, place, removals, walk }: Task, record: Record, here: RecordPlace): void {
  const { event } = record
  if ((event === 'audit.segment') !== (here.line === 1))
    throw wrongRecord(
      here,
      here.line === 1
        ? 'does not begin a segment, and stands where one begins'
        : 'begins a segment in the middle of one',
    )
  if (here.line === 1 && !describes(record, chain, place.number))
    throw wrongRecord(
      here,
      `says that this is another segment than ${place.number}, or that the log was another before it`,
    )
  if (here.line === 1 && !walk.keys.learn(String(record.key))) throw wrongRecord(here, 'names no key')
  if (event === 'audit.removed') removals.take(record, here)
}

function describes({ segment, tree }: Record, chain: Chain, number: number): boolean {
  const { size, peaks } = chain.state
  return segment === number && JSON.stringify(tree) === JSON.stringify({ size, peaks })
}
