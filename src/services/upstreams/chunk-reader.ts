/** A body in chunks (RFC 9112 §7.1): extensions and trailers are read over, and go no further. */

import { MalformedAnswer } from './malformed.ts'

/** Bytes of one line, and of all trailers together. */
const longestLine = 4 * 1024
const longestTrailers = 32 * 1024

const token = "[!#$%&'*+.^_`|~0-9a-z-]+"
const quoted = String.raw`"(?:[\t !#-[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"`

/** A size, and extensions without the spaces that only some readers take (§7.1.1). */
const sizeLine = new RegExp(`^([0-9a-f]{1,12})(?:;${token}(?:=(?:${token}|${quoted}))?)*$`, 'i')

/** A field that does not say once more how long the answer is (RFC 9110 §6.5.1). */
const trailerLine = new RegExp(
  String.raw`^(?!content-length:|transfer-encoding:)${token}:[\t\x20-\x7e\x80-\xff]*$`,
  'i',
)

const newline = 0x0a

export class ChunkReader {
  #state: 'size' | 'data' | 'dataEnd' | 'trailer' = 'size'
  /** Bytes of the chunk that are still to come. */
  #left = 0
  /** The begun line. */
  #line = ''
  #trailers = 0

  /** Hands on what is data, and returns where the body ended, or `undefined` where it goes on. Throws `MalformedAnswer`. */
  read(bytes: Buffer, from: number, data: (start: number, end: number) => void): number | undefined {
    let at = from
    while (at < bytes.length) {
      if (this.#state === 'data') {
        const end = Math.min(bytes.length, at + this.#left)
        data(at, end)
        this.#left -= end - at
        if (this.#left === 0) this.#state = 'dataEnd'
        at = end
      } else {
        const next = this.#readLine(bytes, at)
        if (next === undefined) return undefined
        at = next
        if (this.#endLine()) return at
      }
    }
    return undefined
  }

  /** Where the next line begins. */
  #readLine(bytes: Buffer, at: number): number | undefined {
    const end = bytes.indexOf(newline, at)
    this.#line += bytes.toString('latin1', at, end === -1 ? bytes.length : end)
    if (this.#line.length > longestLine) throw new MalformedAnswer('a line between chunks is too long')
    return end === -1 ? undefined : end + 1
  }

  /** Takes the line that has come whole; true where it is the last. */
  #endLine(): boolean {
    const line = this.#line.slice(0, -1)
    if (!this.#line.endsWith('\r')) throw new MalformedAnswer('a line of chunks does not end in CRLF')
    this.#line = ''
    if (this.#state === 'size') this.#begin(line)
    else if (this.#state === 'trailer') return this.#passTrailer(line)
    else if (line !== '') throw new MalformedAnswer('a chunk is longer than it says')
    else this.#state = 'size'
    return false
  }

  #begin(line: string): void {
    const digits = sizeLine.exec(line)?.[1]
    if (digits === undefined) throw new MalformedAnswer('a chunk has no size')
    this.#left = Number.parseInt(digits, 16)
    this.#state = this.#left === 0 ? 'trailer' : 'data'
  }

  #passTrailer(line: string): boolean {
    if (line === '') return true
    if (!trailerLine.test(line)) throw new MalformedAnswer('a line behind the chunks is no field')
    this.#trailers += line.length
    if (this.#trailers > longestTrailers) throw new MalformedAnswer('the trailers are too long')
    return false
  }
}
