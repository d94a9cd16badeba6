/** The signed heads beside a segment: one after another, each followed by an empty line. */

import { readFile, truncate } from 'node:fs/promises'
import { readHead, type SignedHead } from '../note.ts'

export interface HeadsFile {
  readonly heads: readonly SignedHead[]
  /** How many bytes they take. */
  readonly size: number
  /** What follows the last whole one. */
  readonly rest: Buffer
  /** What follows is nothing, or can be the beginning of one. */
  readonly isTornAtMost: boolean
}

const separator = Buffer.from('\n\n')

/** As the file holds it; a file that is not there holds nothing. */
export async function readHeadsFile(path: string): Promise<HeadsFile> {
  const bytes = await readFile(path).catch(ignoreMissing)
  const heads: SignedHead[] = []
  for (let size = 0; ; ) {
    const body = bytes.indexOf(separator, size)
    const end = body === -1 ? -1 : bytes.indexOf(separator, body + 2)
    const head = end === -1 ? undefined : readHead(bytes.toString('utf8', size, end + 1))
    const rest = bytes.subarray(size)
    if (head === undefined) return { heads, size, rest, isTornAtMost: end === -1 || rest.includes(0) }
    heads.push(head)
    size = end + 2
  }
}

/** Cuts what a failed attempt to add a head may have left: a part of it, or one about more records than `kept`. */
export async function cutFailedHead(path: string, kept: number): Promise<void> {
  const { heads, size, rest, isTornAtMost } = await readHeadsFile(path)
  if (rest.length > 0 && !isTornAtMost) return
  const failed = heads.filter((head) => head.size > kept).map(({ text }) => Buffer.byteLength(text) + 1)
  const end = failed.reduce((left, bytes) => left - bytes, size)
  if (end < size + rest.length) await truncate(path, end)
}

function ignoreMissing(error: NodeJS.ErrnoException): Buffer {
  if (error.code !== 'ENOENT') throw error
  return Buffer.alloc(0)
}
