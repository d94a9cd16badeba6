/** The only door out: an answer, and what the guards wrote on its head, become the response. */

import { Readable } from 'node:stream'
import { type Answer, discard, Head } from '../core/answer.ts'
import { longestTimer } from '../core/duration.ts'
import type { Exchange } from '../core/exchange.ts'
import { STATUS_CODES } from '../core/node-http.ts'
import { fitsOnePiece } from '../core/one-piece.ts'
import type { WriteHead } from '../policy/stack.ts'
import { announceClose, isCutShort, linger } from './closing.ts'
import { GateResponse } from './gate-response.ts'
import { layHead, listHead } from './lay-head.ts'
import { pump } from './pump.ts'

export interface Reply {
  readonly answer: Answer
  readonly heads: readonly WriteHead[]
  /** Is told why a response that has begun could not be brought to its end. */
  fail(error: unknown): void
}

/**
 * Writes the response, once. Throws before a byte is out where the answer cannot be sent: a status or a header that HTTP
 * does not know, a body of no kind that an answer has.
 */
export function respond(exchange: Exchange, { answer, heads, fail }: Reply): void {
  const { req, res } = exchange.ctx
  if (res.destroyed || res.headersSent) {
    abandon(exchange, answer, fail)
    return
  }
  const length = lengthOf(answer, exchange.method)
  const closing = isCutShort(req, res) || fieldOf(answer.headers, 'connection')?.toLowerCase() === 'close'
  const head = layHead(answer, writeHeads(exchange, heads), exchange.requestId)
  if (length !== undefined) head.flat.push('Content-Length', length)
  if (closing) head.flat.push('Connection', 'close')
  const reason = STATUS_CODES[answer.status] ?? ''
  if (res instanceof GateResponse) res.open(head.lines).writeHead(answer.status, reason, head.flat)
  else res.writeHead(answer.status, reason, listHead(head))
  if (closing) announceClose(req.socket)
  send(exchange, answer, { length, closing, fail })
}

/** The client is gone; or a handler wrote the response behind our back, and one that it left open must not hang. */
export function abandon({ ctx: { res } }: Exchange, answer: Answer, fail: Reply['fail']): void {
  discard(answer)
  if (res.destroyed) return
  if (!res.writableEnded) res.destroy()
  fail(new Error('the response was written by a handler itself'))
}

/** What the guards write on the head of the answer. */
export function writeHeads(exchange: Exchange, heads: readonly WriteHead[]): Head {
  const head = new Head()
  for (const write of heads) write(exchange, head)
  return head
}

/** Whether there is never a body, whatever the answer holds (RFC 9110 §6.4.1). */
const isBodiless = (status: number, method: string): boolean =>
  method === 'HEAD' || status === 204 || status === 205 || status === 304

/**
 * The `Content-Length`: counted where that can be done, else as the destination declares it. Throws where HTTP has no
 * such answer.
 */
export function lengthOf(answer: Answer, method: string): string | undefined {
  const { status, headers, body } = answer
  if (!isSendable(answer)) throw new TypeError('the answer has no final status, or a body that cannot be sent')
  if (status === 204) return undefined
  if (status === 205) return '0'
  if (typeof body === 'string') return String(Buffer.byteLength(body))
  if (body instanceof Uint8Array) return String(body.byteLength)
  if (body === undefined && !isBodiless(status, method)) return '0'
  const declared = fieldOf(headers, 'content-length')
  return declared !== undefined && /^\d{1,15}$/.test(declared) ? declared : undefined
}

function isSendable({ status, body }: Answer): boolean {
  if (!Number.isInteger(status) || status < 200 || status > 999) return false
  if (body instanceof Readable) return !body.destroyed && !body.readableEnded
  return body === undefined || typeof body === 'string' || body instanceof Uint8Array
}

/** The first value of a header, by its name in lower case. */
export function fieldOf(headers: readonly string[], lower: string): string | undefined {
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? ''
    if (name.length === lower.length && name.toLowerCase() === lower) return headers[at + 1]
  }
  return undefined
}

/** What is written as Latin-1 is the same bytes for less work, and the head goes along with it: of a text, ASCII. */
function written(
  body: string | Uint8Array | undefined,
  length: string | undefined,
): [body: string | Uint8Array | undefined, encoding: BufferEncoding] {
  if (typeof body === 'string') return [body, length === String(body.length) ? 'latin1' : 'utf8']
  return Buffer.isBuffer(body) && fitsOnePiece(body) ? [body.toString('latin1'), 'latin1'] : [body, 'utf8']
}

interface Sending {
  readonly length: string | undefined
  readonly closing: boolean
  fail(error: unknown): void
}

/** The socket's own timer stands for `timeout.idle`: any byte sets it back, and a client that reads none is cut off. */
function send(exchange: Exchange, answer: Answer, { length, closing, fail }: Sending): void {
  const { req, res } = exchange.ctx
  const idle = () => res.setTimeout(Math.min(exchange.timeout.idle, longestTimer))
  const end = () => (closing ? linger(req, res) : void res.end())
  const body = isBodiless(answer.status, exchange.method) ? undefined : answer.body
  if (body === undefined) discard(answer)
  if (body instanceof Readable) {
    pump(body, { res, length: length === undefined ? undefined : Number(length), end, fail })
    idle()
  } else if (closing || !(res instanceof GateResponse)) {
    if (body !== undefined) res.write(body)
    end()
    if (res.writableLength > 0) idle()
  } else {
    res.endWithTurn(...written(body, length), () => {
      if (res.writableLength > 0) idle()
    })
  }
}
