/**
 * Takes a `multipart/form-data` body apart (RFC 7578), by the narrowest grammar: whatever a second reader could take
 * apart in another way is refused, for it is the original that goes on.
 */

import { type Denial, malformed } from '../../../core/denial.ts'
import { mostParameters } from '../query.ts'
import { type PartHead, readPartHead } from './part-head.ts'

export interface Part extends PartHead {
  readonly content: Buffer
  /** Head and content, as they came. */
  readonly bytes: Buffer
}

const longestHead = 8192
const lineBreak = '\r\n'

const noStart = malformed('Form does not start with its boundary')
const noEnd = malformed('Form ends without its closing boundary')
const trailing = malformed('Form goes on behind its closing boundary')
const stray = malformed('Form has its boundary in a place where it ends no part')
const tooMany = malformed(`Form has more than ${mostParameters} parts`)
const badHead = malformed('Form has a part whose head can be read in two ways, or is not known')
const badLength = malformed('Form has a part of another length than it declares')
const nameless = malformed('Form has a file without a name')
const nested = malformed('Form has a part whose type is none, or holds parts of its own')
/** A media type, and what may follow it. */
const mediaType = /^[a-z0-9!#$&^_.+-]{1,127}\/[a-z0-9!#$&^_.+-]{1,127} *(?:;|$)/i
const composite = /^(?:multipart|message)\//i

/** The parts in their order. */
export function readMultipart(body: Buffer, boundary: string): readonly Part[] | Denial {
  const mark = `--${boundary}`
  const parts: Part[] = []
  if (!startsAt(body, 0, mark)) return noStart
  let at = mark.length
  while (!startsAt(body, at, '--')) {
    const next = body.indexOf(mark, at)
    if (next === -1) return noEnd
    const [start, end] = [at + lineBreak.length, next - lineBreak.length]
    if (end < start || !startsAt(body, at, lineBreak) || !startsAt(body, end, lineBreak)) return stray
    const part = readPart(body.subarray(start, end))
    if (!('content' in part)) return part
    if (parts.push(part) > mostParameters) return tooMany
    at = next + mark.length
  }
  const rest = body.subarray(at + 2)
  return rest.length === 0 || rest.equals(Buffer.from(lineBreak)) ? parts : rest.includes(mark) ? stray : trailing
}

const startsAt = (body: Buffer, at: number, text: string): boolean =>
  body.toString('latin1', at, at + text.length) === text

function readPart(bytes: Buffer): Part | Denial {
  const length = bytes.subarray(0, longestHead).indexOf('\r\n\r\n')
  const head = length === -1 ? undefined : readPartHead(bytes.subarray(0, length))
  if (head === undefined) return badHead
  const content = bytes.subarray(length + 4)
  const { contentLength = String(content.length), contentType = 'text/plain' } = head
  if (contentLength !== String(content.length)) return badLength
  if (head.fileName === '' && content.length > 0) return nameless
  if (!mediaType.test(contentType) || composite.test(contentType)) return nested
  return { ...head, content, bytes }
}
