/** Finds the best name for what is wrong where the chain does not hold: which record it is, and what was done to it. */

import { hash } from 'node:crypto'
import type { Chain } from '../../services/audit/chain.ts'
import { eachLine } from './each-line.ts'
import type { ExpectedHeads } from './expected-heads.ts'
import { type RecordPlace, rangeOf, Tampering, wrongRecord } from './report.ts'
import { readSegment } from './segment-bytes.ts'

/** The line that does not follow. */
export interface Broken {
  readonly file: string
  readonly line: number
  /** The log up to it. */
  readonly chain: Chain
  /** Where the record before it stands. */
  readonly previous: RecordPlace | undefined
  readonly expected: ExpectedHeads
}

interface Surroundings {
  readonly leaf: Buffer
  readonly next: Buffer | undefined
  /** Where the record that is expected stands instead. */
  readonly elsewhere: number | undefined
}

/** How a record begins, as it claims. */
interface Claim {
  readonly text: string
  readonly v: string
  readonly log: string
  readonly seq: number
  readonly prev: string
}

/** Reads the file once more, for the lines around. */
export async function nameBroken(broken: Broken): Promise<Tampering> {
  const around = await look(broken)
  const { chain, file, line, previous, expected } = broken
  const record = chain.size + 1
  const here = { file, line, record }
  const claim = claimOf(around.leaf)
  const next = around.next === undefined ? undefined : claimOf(around.next)
  if (claim !== undefined && isKnown(healed(around.leaf, claim, chain.prefix), next, broken))
    return wrongRecord(here, `was changed: ${differenceOf(claim, chain)}`)
  if (claim === undefined) return wrongRecord(here, 'does not begin as a record does')
  if (claim.v !== '1') return wrongRecord(here, `has version \`${claim.v}\`, expected \`1\``)
  if (claim.log !== chain.log) return wrongRecord(here, `is of another log, \`${claim.log}\``)
  if (claim.seq !== record) return misplaced(claim.seq, here, around.elsewhere)
  const follows = next === undefined || next.prev === hash('sha256', around.leaf, 'base64')
  if (previous === undefined || expected.proven >= previous.record)
    return wrongRecord(here, 'was changed: it does not hold the hash of the record before it')
  if (!follows && next?.seq === record + 1)
    return wrongRecord(here, 'was changed, or the record before it: it does not hold the hash of that')
  return wrongRecord(previous, `was changed: record ${record} holds another hash of it`)
}

/**
 * The chain holds up to here, but not the root that was signed: where the next record holds another hash of this one,
 * it is this one; else all since the last head may be new.
 */
export async function nameRewritten(here: RecordPlace, { chain, since, head }: Rewritten): Promise<Tampering> {
  const { next } = await look({ file: here.file, line: here.line, chain })
  const claim = next === undefined ? undefined : claimOf(next)
  if (claim?.seq === here.record + 1 && claim.prev !== chain.state.prev)
    return wrongRecord(here, `was changed: record ${claim.seq} holds another hash of it`)
  const which = since >= here.record ? 'was changed' : `was changed, or one since record ${since}`
  return wrongRecord(here, `${which}: ${head} was signed over other records`)
}

interface Rewritten {
  /** The log up to here, as it stands. */
  readonly chain: Chain
  /** The first record that no head has proved. */
  readonly since: number
  /** The head in words. */
  readonly head: string
}

/** Lines: a record that is moved farther is called missing. */
const farthest = 250_000
const enough = new Error('nothing more is looked for')

async function look({ file, line, chain }: Pick<Broken, 'file' | 'line' | 'chain'>): Promise<Surroundings> {
  let leaf: Buffer = Buffer.alloc(1)
  let next: Buffer | undefined
  let elsewhere: number | undefined
  const sought = `"seq":${chain.size + 1},`
  await eachLine(
    readSegment(file, () => {}),
    (read) => {
      if (read.number === line) leaf = Buffer.from(read.leaf)
      if (read.number === line + 1) next = Buffer.from(read.leaf)
      if (read.number > line + farthest) throw enough
      if (read.number > line && elsewhere === undefined && read.leaf.indexOf(sought) !== -1) elsewhere = read.number
    },
  ).catch(ignoreRest)
  return { leaf, next, elsewhere }
}

/** What is known is told, also of a packed file that is broken farther on. */
function ignoreRest(error: unknown): void {
  if (error !== enough && !(error instanceof Tampering)) throw error
}

const claimPattern = /^\0(\{"v":(\d+),"log":"([^"]*)","seq":(\d+),"prev":"([^"]*)",)/
/** A beginning is not longer, unless it is none. */
const longestClaim = 512

function claimOf(leaf: Buffer): Claim | undefined {
  const [, text, v = '', log = '', seq, prev = ''] = claimPattern.exec(leaf.toString('latin1', 0, longestClaim)) ?? []
  return text === undefined ? undefined : { text, v, log, seq: Number(seq), prev }
}

/** The hash of the record, had it begun as it must. */
const healed = (leaf: Buffer, { text }: Claim, prefix: string): string =>
  hash('sha256', Buffer.concat([Buffer.from(`\0${prefix}`), leaf.subarray(1 + text.length)]), 'base64')

/** Whether the next record, or a head, is about a record of this hash at this place. */
function isKnown(leaf: string, next: Claim | undefined, { chain, expected }: Broken): boolean {
  if (next?.prev === leaf) return true
  const tried = chain.fork()
  tried.pushLeaf(leaf)
  return expected.rootAt(tried.size) === tried.root()
}

function differenceOf({ v, log, seq, prev }: Claim, chain: Chain): string {
  if (log !== chain.log) return `its \`log\` is \`${log}\``
  if (seq !== chain.size + 1) return `its \`seq\` is ${seq}`
  return v === '1' ? `its \`prev\` is \`${prev}\`` : `its \`v\` is ${v}`
}

function misplaced(found: number, here: RecordPlace, elsewhere: number | undefined): Tampering {
  const { record } = here
  if (found < record) return wrongRecord(here, `is not here: record ${found} stands here again`)
  if (elsewhere !== undefined)
    return wrongRecord(here, `is out of order: it stands in line ${elsewhere}, after record ${found}`)
  if (found === record + 1) return wrongRecord(here, 'is missing')
  return new Tampering(here, `records ${rangeOf(record, found - 1)} are missing`)
}
