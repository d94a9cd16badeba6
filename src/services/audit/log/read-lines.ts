/** The lines of a file, however large, with where each ends. */

import { createReadStream } from 'node:fs'

export interface Line {
  /** Without its line feed. */
  readonly bytes: Buffer
  /** Where the next line begins. */
  readonly end: number
  /** False for a last line that has no line feed. */
  readonly ended: boolean
}

const lineFeed = 10

/** Those of one piece at a time, for there are many; of the first `size` bytes, where told. */
export async function* readLines(path: string, size = Number.POSITIVE_INFINITY): AsyncGenerator<readonly Line[]> {
  if (size === 0) return
  let rest: Buffer = Buffer.alloc(0)
  let start = 0
  for await (const chunk of createReadStream(path, { end: size - 1, highWaterMark: 256 * 1024 })) {
    const piece: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const lines = split(piece, start)
    const used = (lines.at(-1)?.end ?? start) - start
    rest = piece.subarray(used)
    start += used
    yield lines
  }
  if (rest.length > 0) yield [{ bytes: rest, end: start + rest.length, ended: false }]
}

function split(piece: Buffer, start: number): readonly Line[] {
  const lines: Line[] = []
  for (let from = 0, to = piece.indexOf(lineFeed); to !== -1; from = to + 1, to = piece.indexOf(lineFeed, from))
    lines.push({ bytes: piece.subarray(from, to), end: start + to + 1, ended: true })
  return lines
}
