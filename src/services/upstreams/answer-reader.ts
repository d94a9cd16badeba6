/** Answers out of the bytes of one connection, one after another. */

import { type AnswerHead, type Framing, loneEnd, parseAnswerHead } from './answer-head.ts'
import { ChunkReader } from './chunk-reader.ts'
import { MalformedAnswer } from './malformed.ts'

/** Bytes; a longer head is refused. */
const longestHead = 32 * 1024

const headEnd = Buffer.from('\r\n\r\n')
/** So many of the last bytes may belong to an end that has not come whole. */
const partOfEnd = headEnd.length - 1

export interface AnswerSink {
  /** Runs once an answer: those below 200 are news, and read over. */
  head(head: AnswerHead): void
  /** The chunk is the sink's to keep. */
  data(chunk: Buffer): void
  /** `clean`: nothing has come behind it. */
  end(clean: boolean): void
}

/** Without an end that the connection does not make, where it is the rest. */
const lengthOf = (framing: Framing): number => {
  if (typeof framing === 'number') return framing
  return framing === 'rest' ? Number.POSITIVE_INFINITY : 0
}

export class AnswerReader {
  readonly #sink: AnswerSink
  #method = ''
  /** The begun head. */
  #pending: Buffer | undefined
  #head: AnswerHead | undefined
  /** Bytes that are still to come, of a body that says its length. */
  #left = 0
  #chunks: ChunkReader | undefined

  constructor(sink: AnswerSink) {
    this.#sink = sink
  }

  /** What comes next is the answer to a request of this method. */
  begin(method: string): void {
    this.#method = method
    this.#pending = undefined
    this.#head = undefined
  }

  /** The bytes may be used again afterwards. Throws `MalformedAnswer`. */
  read(bytes: Buffer): void {
    const body = this.#head === undefined ? this.#readHeads(bytes) : { bytes, at: 0 }
    if (body !== undefined) this.#readBody(body.bytes, body.at)
  }

  /** The connection ended: true where that ends the answer, too. */
  close(): boolean {
    return this.#head?.framing === 'rest'
  }

  /** Where the body begins, once the final head is there. */
  #readHeads(bytes: Buffer): { bytes: Buffer; at: number } | undefined {
    const all = this.#pending === undefined ? bytes : Buffer.concat([this.#pending, bytes])
    for (let at = 0; ; ) {
      const end = all.indexOf(headEnd, at)
      if ((end === -1 ? all.length - partOfEnd : end) - at > longestHead)
        throw new MalformedAnswer('the head is too long')
      if (end === -1) {
        if (all.includes('\n\n', at)) throw new MalformedAnswer(loneEnd)
        this.#pending = all === bytes || at > 0 ? Buffer.from(all.subarray(at)) : all
        return undefined
      }
      const head = parseAnswerHead(all.toString('latin1', at, end), this.#method)
      at = end + headEnd.length
      if (head.status >= 200) {
        this.#begin(head)
        return { bytes: all, at }
      }
      if (head.status === 101) throw new MalformedAnswer('the answer switches to a protocol that was not asked for')
    }
  }

  #begin(head: AnswerHead): void {
    this.#pending = undefined
    this.#head = head
    this.#left = lengthOf(head.framing)
    this.#chunks = head.framing === 'chunked' ? new ChunkReader() : undefined
    this.#sink.head(head)
  }

  #readBody(bytes: Buffer, at: number): void {
    const { framing } = this.#head ?? { framing: 'none' }
    const end = framing === 'chunked' ? this.#readChunks(bytes, at) : this.#readLength(bytes, at)
    if (end !== undefined) this.#sink.end(end === bytes.length)
  }

  /** The data of one read goes on as one: chunks may be a byte long, and each buffer takes a hundred more. */
  #readChunks(bytes: Buffer, from: number): number | undefined {
    const data = Buffer.allocUnsafe(bytes.length - from)
    let size = 0
    try {
      return this.#chunks?.read(bytes, from, (start, end) => {
        size += bytes.copy(data, size, start, end)
      })
    } finally {
      if (size > 0) this.#sink.data(data.subarray(0, size))
    }
  }

  #readLength(bytes: Buffer, at: number): number | undefined {
    const end = Math.min(bytes.length, at + this.#left)
    this.#left -= end - at
    this.#pass(bytes, at, end)
    return this.#left === 0 ? end : undefined
  }

  #pass(bytes: Buffer, start: number, end: number): void {
    if (end > start) this.#sink.data(Buffer.from(bytes.subarray(start, end)))
  }
}
