/** Reads all that came over one connection as a strict client does: whole answers of HTTP/1.1, or a fault. */

export interface ReadAnswer {
  readonly status: number
  /** Lower-case name → values, in order. */
  readonly headers: ReadonlyMap<string, readonly string[]>
  readonly body: Buffer
}

/** What is no HTTP, and where. */
export class AnswerFault extends Error {}

/** Names that an answer may carry only once. */
const single = [
  'content-length',
  'content-type',
  'date',
  'connection',
  'x-request-id',
  'vary',
  'cache-control',
  'allow',
]
const statusLine = /^HTTP\/1\.1 (100|[2-9][0-9]{2}) [\x20-\x7e]*$/
const fieldLine =
  /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/

/**
 * The whole answers at the start of `bytes`, and what is left of one that is not whole. `isHead` tells by the request's id
 * whether it was HEAD, whose answer has no body (RFC 9112 §6.3).
 */
export function readAnswers(
  bytes: Buffer,
  isHead: (requestId: string) => boolean,
): { readonly answers: readonly ReadAnswer[]; readonly rest: Buffer } {
  const answers: ReadAnswer[] = []
  let rest = bytes
  while (rest.length > 0) {
    const read = readOne(rest, isHead)
    if (read === undefined) break
    if (read.answer.status >= 200) answers.push(read.answer)
    rest = rest.subarray(read.end)
  }
  return { answers, rest }
}

function readOne(
  bytes: Buffer,
  isHead: (requestId: string) => boolean,
): { readonly answer: ReadAnswer; readonly end: number } | undefined {
  const head = bytes.indexOf('\r\n\r\n')
  if (head === -1) return undefined
  const [line = '', ...lines] = bytes.subarray(0, head).toString('latin1').split('\r\n')
  const status = Number(statusLine.exec(line)?.[1] ?? 0)
  if (status === 0) throw new AnswerFault(`no status line: ${JSON.stringify(line)}`)
  const headers = readFields(lines)
  const start = head + 4
  if (status === 100 || isHead(headers.get('x-request-id')?.[0] ?? '') || [204, 304].includes(status)) {
    return { answer: { status, headers, body: Buffer.alloc(0) }, end: start }
  }
  const length = headers.get('content-length')?.[0]
  if (headers.has('transfer-encoding') === (length !== undefined))
    throw new AnswerFault('neither length nor chunks, or both')
  if (length === undefined) return readChunked({ status, headers }, bytes, start)
  if (!/^(0|[1-9][0-9]*)$/.test(length)) throw new AnswerFault(`odd length ${length}`)
  const end = start + Number(length)
  return end > bytes.length ? undefined : { answer: { status, headers, body: bytes.subarray(start, end) }, end }
}

function readFields(lines: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const headers = new Map<string, string[]>()
  for (const line of lines) {
    const [, name = '', value = ''] = fieldLine.exec(line) ?? []
    if (name === '') throw new AnswerFault(`no field: ${JSON.stringify(line)}`)
    const values = headers.get(name.toLowerCase()) ?? []
    headers.set(name.toLowerCase(), [...values, value])
  }
  for (const name of single) if ((headers.get(name)?.length ?? 0) > 1) throw new AnswerFault(`${name} stands twice`)
  return headers
}

function readChunked(head: Pick<ReadAnswer, 'status' | 'headers'>, bytes: Buffer, start: number) {
  const parts: Buffer[] = []
  for (let at = start; ; ) {
    const line = bytes.indexOf('\r\n', at)
    if (line === -1) return undefined
    const text = bytes.subarray(at, line).toString('latin1')
    if (!/^[0-9a-f]+$/i.test(text)) throw new AnswerFault(`no chunk: ${JSON.stringify(text)}`)
    const size = Number.parseInt(text, 16)
    const end = line + 2 + size + 2
    if (end > bytes.length) return undefined
    if (bytes.subarray(end - 2, end).toString() !== '\r\n') throw new AnswerFault('a chunk does not end')
    if (size === 0) return { answer: { ...head, body: Buffer.concat(parts) }, end }
    parts.push(bytes.subarray(line + 2, line + 2 + size))
    at = end
  }
}
