/** Signed heads from elsewhere: whatever was published away from the machine, read from whatever holds it. */

import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { findHeads, logOf, type SignedHead } from '../../services/audit/note.ts'
import { Unreadable } from './report.ts'

/** A head, and which file it was found in. */
export interface GivenHead {
  readonly head: SignedHead
  readonly from: string
}

/** No head is longer, in any of the forms it is found in: what two pieces share is searched twice. */
const overlap = 4096
const standardInput = '-'

/** Finds the heads of all files, `-` for standard input, each once; one without any is a mistake. */
export async function readGivenHeads(files: readonly string[]): Promise<readonly GivenHead[]> {
  const found = new Map<string, GivenHead>()
  for (const file of files) {
    const heads = await searchFile(file)
    if (heads.length === 0) throw new Unreadable(`no signed head of an audit log is in \`${file}\``)
    for (const head of heads) found.set(head.text, { head, from: file === standardInput ? 'standard input' : file })
  }
  return [...found.values()]
}

async function searchFile(file: string): Promise<readonly SignedHead[]> {
  const found: SignedHead[] = []
  let rest = ''
  try {
    for await (const chunk of open(file)) {
      const text = rest + chunk
      found.push(...findHeads(text).filter(({ origin }) => logOf(origin) !== undefined))
      rest = text.slice(-overlap)
    }
  } catch (error) {
    throw new Unreadable(`cannot read the heads in \`${file}\`: ${(error as Error).message}`)
  }
  return found
}

function open(file: string): Readable {
  if (file !== standardInput) return createReadStream(file, { encoding: 'utf8', highWaterMark: 1024 * 1024 })
  return process.stdin.setEncoding('utf8')
}
