/** The signed heads beside a segment: exactly as the writer leaves them, or what is wrong with them. */

import { join } from 'node:path'
import { headsName } from '../../services/audit/log/folder.ts'
import { readHeadsFile } from '../../services/audit/log/heads-file.ts'
import { originOf, type SignedHead } from '../../services/audit/note.ts'
import type { HeadKeys } from './head-keys.ts'
import { Tampering } from './report.ts'

interface HeadsOf {
  readonly folder: string
  readonly log: string
  readonly number: number
  /** How many records there are before the segment. */
  readonly start: number
  /** A crash can leave half a head at the end of the last segment's, and nowhere else. */
  readonly isLast: boolean
}

export interface OwnHeads {
  readonly file: string
  readonly heads: readonly SignedHead[]
  readonly isTorn: boolean
}

/** Reads them; each must be of this log, well signed, and about more records than the one before. */
export async function readOwnHeads(of: HeadsOf, keys: HeadKeys): Promise<OwnHeads> {
  const file = join(of.folder, headsName(of.number))
  const { heads, rest } = await readHeadsFile(file)
  let size = of.start
  for (const head of heads) {
    const fault = judge(head, { origin: originOf(of.log), above: size }) ?? keys.faultOf(head)
    if (fault !== undefined) throw new Tampering({ file, record: head.size }, `the head at ${head.size} ${fault}`)
    size = head.size
  }
  if (rest.length === 0) return { file, heads, isTorn: false }
  if (of.isLast && isTorn(rest, originOf(of.log))) return { file, heads, isTorn: true }
  throw new Tampering({ file }, `head ${heads.length + 1} is not in the form of a signed head`)
}

function judge(
  { origin, size }: SignedHead,
  expected: { readonly origin: string; readonly above: number },
): string | undefined {
  if (origin !== expected.origin) return `is of another log, \`${origin}\``
  return size > expected.above ? undefined : `is out of order: it stands where only heads above ${expected.above} can`
}

/** Whether bytes are the beginning of a head whose writing was broken off; a file system may leave zeros after it. */
function isTorn(bytes: Buffer, origin: string): boolean {
  const sender = Buffer.from(`— ${origin} `).toString('latin1')
  const [first = '', ...others] = bytes.toString('latin1').replace(/\0+$/, '').split('\n')
  if (others.length === 0) return origin.startsWith(first)
  const signature = others[3]
  if (first !== origin || (signature !== undefined && !isBegun(signature, sender))) return false
  const body = others.slice(0, 3).join('\n')
  const isWhole = signature === undefined ? begunBody.test(body) : wholeBody.test(body)
  return isWhole && others.slice(4).every((line) => line === '') && others.length <= 5
}

const begunBody = /^(0|[1-9]\d{0,15})?(\n[A-Za-z0-9+/]{0,43}=?(\n)?)?$/
const wholeBody = /^[1-9]\d{0,15}\n[A-Za-z0-9+/]{43}=\n$/

/** Of the line of a signature. */
const isBegun = (line: string, sender: string): boolean =>
  sender.startsWith(line) || (line.startsWith(sender) && /^[A-Za-z0-9+/]{0,91}=?$/.test(line.slice(sender.length)))
