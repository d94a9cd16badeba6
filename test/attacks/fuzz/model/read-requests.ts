/** Reads bytes as the strictest reader of HTTP/1.1 would: requests one after the other, up to the first doubt. */

import { METHODS } from 'node:http'
import type { Asked } from './request.ts'

export interface Read {
  readonly requests: readonly Asked[]
  /** All bytes belong to whole requests without anything special in them. */
  readonly isPlain: boolean
}

/** What Node reads; a tunnel is no request like the others. */
const known = new Set(METHODS.filter((name) => name !== 'CONNECT'))
/** Node passes over more than one space around the target, as RFC 9112 §3 lets it; what goes on has one. */
const requestLine = /^([A-Z]+) +([\x21-\x7e\x80-\xff]+) +HTTP\/1\.([01])$/
const fieldLine =
  /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[ \t]*$/
/** What changes how a connection goes on, or what may stand once only. */
const special = [
  'connection',
  'expect',
  'upgrade',
  'te',
  'trailer',
  'keep-alive',
  'proxy-connection',
  'transfer_encoding',
  'content_length',
]
const single = [
  'host',
  'authorization',
  'content-length',
  'content-type',
  'transfer-encoding',
  'origin',
  'proxy-authorization',
]

interface Head {
  readonly asked: Omit<Asked, 'body'>
  readonly isSpecial: boolean
}

function readHead(text: string): Head | undefined {
  const [first = '', ...lines] = text.split('\r\n')
  const [, method, target, minor] = requestLine.exec(first) ?? []
  const headers = lines
    .map((line) => fieldLine.exec(line))
    .map((found) => found && ([found[1] ?? '', found[2] ?? ''] as const))
  if (method === undefined || target === undefined || !known.has(method) || !headers.every((header) => header !== null))
    return undefined
  const names = headers.map(([name]) => name.toLowerCase())
  if (single.some((name) => names.indexOf(name) !== names.lastIndexOf(name))) return undefined
  const isOld = minor === '0'
  return { asked: { method, target, headers, isOld }, isSpecial: isOld || names.some((name) => special.includes(name)) }
}

interface Body {
  readonly body: Buffer | undefined
  readonly end: number
}

/** The body that begins at a place, and where it ends; undefined where that is in doubt. */
function readBody(bytes: Buffer, from: number, { headers }: Head['asked']): Body | undefined {
  const one = (wanted: string) => headers.find(([name]) => name.toLowerCase() === wanted)?.[1]
  const [length, coding] = [one('content-length'), one('transfer-encoding')]
  if (length !== undefined && coding !== undefined) return undefined
  if (coding !== undefined) return coding.toLowerCase() === 'chunked' ? readChunks(bytes, from) : undefined
  if (length === undefined) return { body: undefined, end: from }
  if (!/^\d{1,15}$/.test(length)) return undefined
  const end = from + Number(length)
  return end > bytes.length ? undefined : { body: Number(length) === 0 ? undefined : bytes.subarray(from, end), end }
}

function readChunks(bytes: Buffer, from: number): Body | undefined {
  const chunks: Buffer[] = []
  for (let at = from; ; ) {
    const line = bytes.indexOf('\r\n', at)
    const size = bytes.subarray(at, line).toString('latin1')
    if (line === -1 || !/^[0-9a-f]{1,8}$/i.test(size)) return undefined
    if (/^0+$/.test(size)) return readTrailers(bytes, line + 2, Buffer.concat(chunks))
    const end = line + 2 + Number.parseInt(size, 16)
    if (bytes.subarray(end, end + 2).toString('latin1') !== '\r\n') return undefined
    chunks.push(bytes.subarray(line + 2, end))
    at = end + 2
  }
}

/** Fields after the body, of which nothing is kept. */
function readTrailers(bytes: Buffer, from: number, body: Buffer): Body | undefined {
  for (let at = from; ; ) {
    const line = bytes.indexOf('\r\n', at)
    if (line === -1) return undefined
    if (line === at) return { body, end: at + 2 }
    if (!fieldLine.test(bytes.subarray(at, line).toString('latin1'))) return undefined
    at = line + 2
  }
}

/** Everything that is beyond doubt. */
export function readRequests(bytes: Buffer, peer: string): Read {
  const requests: Asked[] = []
  let isPlain = true
  for (let at = 0; at < bytes.length; ) {
    // RFC 9112 §2.2: empty lines before a request are passed over.
    if (bytes[at] === 0x0a || bytes[at] === 0x0d) {
      at++
      isPlain = false
      continue
    }
    const end = bytes.indexOf('\r\n\r\n', at)
    const head = end === -1 ? undefined : readHead(bytes.subarray(at, end).toString('latin1'))
    const read = head && readBody(bytes, end + 4, head.asked)
    if (head === undefined || read === undefined) return { requests, isPlain: false }
    requests.push({ ...head.asked, body: read.body, peer })
    isPlain &&= !head.isSpecial
    at = read.end
  }
  return { requests, isPlain }
}
