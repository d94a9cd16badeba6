/** Answers to what never became a request: the same body and headers as any refusal, as text for the socket. */

import { Socket } from 'node:net'
import Koa from 'koa'
import { Head } from '../core/answer.ts'
import type { Denial } from '../core/denial.ts'
import { Exchange } from '../core/exchange.ts'
import { IncomingMessage, ServerResponse, STATUS_CODES } from '../core/node-http.ts'
import { layHead, listHead } from '../enforce/lay-head.ts'
import { refusal } from '../enforce/refusal.ts'
import type { WriteHead } from '../policy/stack.ts'

/** A request of which nothing is known. */
function nothingRead() {
  const req = new IncomingMessage(new Socket())
  return new Koa().createContext(req, new ServerResponse(req))
}

const unread = nothingRead()
const noFacts = { method: '', path: '', query: '', host: '', address: '' }

/** What its head depends on. */
interface Circumstances {
  readonly requestId: string
  /** The client speaks TLS. */
  readonly secure: boolean
}

/** Writes a refusal that ends its connection (RFC 9112 §9.6). */
export function bareAnswer(denial: Denial, { requestId, secure }: Circumstances, bareHead: WriteHead): string {
  const exchange = new Exchange(unread, { ...noFacts, requestId, secure })
  const head = new Head()
  bareHead(exchange, head)
  const { status, headers, body } = refusal(denial, exchange)
  const text = String(body)
  const flat = listHead(layHead({ status, headers }, head, requestId))
  flat.push('Date', new Date().toUTCString(), 'Content-Length', String(Buffer.byteLength(text)), 'Connection', 'close')
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${fieldLines(flat)}\r\n${text}`
}

function fieldLines(flat: readonly string[]): string {
  let lines = ''
  for (let at = 0; at < flat.length; at += 2) lines += `${flat[at]}: ${flat[at + 1]}\r\n`
  return lines
}
