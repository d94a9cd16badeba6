/** The lines of a file of records, each with the zero byte before it that makes it a leaf (RFC 9162 §2.1.1). */

export interface Line {
  /** A zero byte, then the line without its line feed. */
  readonly leaf: Buffer
  /** Counted from 1. */
  readonly number: number
  /** False for a last one without a line feed. */
  readonly ended: boolean
}

const lineFeed = 10
/** No record is longer: the writer queues no more than that. */
const longest = 32 * 1024 * 1024

/** Hands over one line after another; what `take` throws ends it. */
export async function eachLine(bytes: AsyncIterable<Buffer>, take: (line: Line) => void): Promise<void> {
  for await (const lines of linesIn(bytes)) for (const line of lines) take(line)
}

/** The lines that end in each piece, so that no more than a piece is held. */
export async function* linesIn(bytes: AsyncIterable<Buffer>): AsyncGenerator<readonly Line[]> {
  let rest = Buffer.alloc(1)
  let number = 0
  for await (const chunk of bytes) {
    const work = Buffer.concat([rest, chunk])
    const lines: Line[] = []
    let start = 1
    for (let end = work.indexOf(lineFeed, rest.length); end !== -1; end = work.indexOf(lineFeed, start)) {
      work[start - 1] = 0
      lines.push({ leaf: work.subarray(start - 1, end), number: ++number, ended: true })
      start = end + 1
    }
    work[start - 1] = 0
    rest = work.subarray(start - 1)
    yield lines
    if (rest.length > longest) break
  }
  if (rest.length > 1) yield [{ leaf: rest, number: number + 1, ended: false }]
}
