/** The head of an answer (RFC 9112 §4–6), read strictly: what others could read in another way is no answer. */

import { MalformedAnswer } from './malformed.ts'

/** Nothing, chunks, so many bytes, or what comes until the connection ends. */
export type Framing = 'none' | 'chunked' | 'rest' | number

export interface AnswerHead {
  readonly status: number
  /** Name (in lower case), value, name, value. */
  readonly fields: readonly string[]
  readonly framing: Framing
  /** How long the connection may be kept for another request, in milliseconds; 0 where it may not. */
  readonly keep: number
}

/** Where the upstream does not say how long it keeps a connection. */
const usualKeep = 4_000
const longestKeep = 600_000
/** So much before the upstream closes a connection, no request begins on it. */
const keepMargin = 2_000

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: .*)?$/
/** Control characters, and line ends that are not CRLF (RFC 9112 §2.2). */
const foreign = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n/
export const loneEnd = 'a control character or a lone line end stands in the head'
const token = /^[!#$%&'*+.^_`|~0-9a-z-]+$/
const byteCount = /^\d{1,15}$/
const keepAlive = /(?:^|[\s,;])timeout=(\d{1,6})(?:$|[\s,;])/i

/** Parses a head without the empty line that ends it; throws `MalformedAnswer`. */
export function parseAnswerHead(text: string, method: string): AnswerHead {
  if (foreign.test(text)) throw new MalformedAnswer(loneEnd)
  const start = lineEnd(text, 0)
  const [, minor, digits] = statusLine.exec(text.slice(0, start)) ?? []
  if (digits === undefined) throw new MalformedAnswer('the answer does not begin as HTTP/1.1 does')
  const status = Number(digits)
  const fields: string[] = []
  const said = new Said()
  for (let at = start + 2, end = 0; at < text.length; at = end + 2) {
    end = lineEnd(text, at)
    const colon = text.indexOf(':', at)
    const name = text.slice(at, colon).toLowerCase()
    if (colon === -1 || !token.test(name)) throw new MalformedAnswer('a line of the head is no field')
    const value = textBetween(text, colon + 1, end)
    // It is allowed (RFC 9112 §5); but Node's parser then takes the coding for another, and all that comes for the body.
    if (name === 'transfer-encoding' && text.slice(colon, end).includes('\t'))
      throw new MalformedAnswer('a tab stands beside the transfer coding')
    fields.push(name, value)
    said.hear(name, value)
  }
  const old = minor === '0'
  if (status < 200 && said.closes(old)) throw new MalformedAnswer('the connection is to close before the answer')
  const keep = said.overstates(status) ? 0 : said.keep(old)
  return { status, fields, framing: frame(said, { status, method, old }), keep }
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\r\n', at)
  return end === -1 ? text.length : end
}

/** Without the spaces and tabs at its ends; `trim` would take other characters, too. */
function textBetween(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isSpace(text.charCodeAt(start))) start++
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09

/** What the fields say of the connection. */
class Said {
  length: number | undefined
  chunked = false
  #closes = false
  #stays = false
  #keepAlive = ''

  hear(name: string, value: string): void {
    if (name === 'content-length') this.#hearLength(value)
    else if (name === 'transfer-encoding') this.#hearCoding(value)
    else if (name === 'connection') this.#hearConnection(value.toLowerCase())
    else if (name === 'keep-alive') this.#keepAlive += `,${value}`
  }

  #hearLength(value: string): void {
    if (this.length !== undefined || !byteCount.test(value))
      throw new MalformedAnswer('the length is no number of bytes')
    this.length = Number(value)
  }

  /** We asked for no other (`TE`), so only `chunked` may come (RFC 9112 §7.4). */
  #hearCoding(value: string): void {
    if (this.chunked || value.toLowerCase() !== 'chunked')
      throw new MalformedAnswer('the answer comes in a transfer coding that was not asked for')
    this.chunked = true
  }

  /** RFC 9112 §9.3. */
  #hearConnection(value: string): void {
    for (const option of value.split(',')) {
      if (option.trim() === 'close') this.#closes = true
      else if (option.trim() === 'keep-alive') this.#stays = true
    }
  }

  /** Nothing comes behind this head and its body (RFC 9112 §9.6). */
  closes(old: boolean): boolean {
    return this.#closes || (old && !this.#stays)
  }

  /** An answer that never has a body says that one comes, and a sloppy server may send it. */
  overstates(status: number): boolean {
    return (status === 204 || status === 304) && (this.chunked || (this.length ?? 0) > 0)
  }

  keep(old: boolean): number {
    if (this.closes(old)) return 0
    const seconds = keepAlive.exec(this.#keepAlive)?.[1]
    if (seconds === undefined) return usualKeep
    return Math.max(0, Math.min(longestKeep, Number(seconds) * 1000 - keepMargin))
  }
}

interface Frame {
  readonly status: number
  readonly method: string
  /** HTTP/1.0, which knows no chunks. */
  readonly old: boolean
}

/** RFC 9112 §6.3; two ways at once are how one answer is smuggled behind another. */
function frame({ length, chunked }: Said, { status, method, old }: Frame): Framing {
  if (chunked && (old || length !== undefined)) throw new MalformedAnswer('the answer is framed twice')
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 'none'
  return chunked ? 'chunked' : (length ?? 'rest')
}
