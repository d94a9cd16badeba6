/** Passes on what a worker writes: whole lines, so that none is cut by another worker's. */

import type { Readable } from 'node:stream'

const newline = 0x0a
/** A line that is longer is passed on in parts. */
const longest = 1024 * 1024

export function passOnLines(from: Readable, write: (text: string) => void): void {
  let rest: Buffer[] = []
  let length = 0
  const flush = (): void => {
    if (length > 0) write(Buffer.concat(rest).toString())
    rest = []
    length = 0
  }
  const keep = (part: Buffer): void => {
    rest.push(part)
    length += part.length
  }
  from.on('data', (chunk: Buffer) => {
    const end = chunk.lastIndexOf(newline) + 1
    if (end === 0 && length + chunk.length < longest) return keep(chunk)
    keep(chunk.subarray(0, end || chunk.length))
    flush()
    if (end > 0 && end < chunk.length) keep(chunk.subarray(end))
  })
  // What a killed worker has left of a line is no line; another would be joined to it.
  from.once('close', () => {
    if (length === 0) return
    keep(Buffer.from('\n'))
    flush()
  })
}
