/** The door out of a gate that is mounted in an app of one's own: what was decided is put on Koa's context, and Koa responds. */

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { Context } from 'koa'
import type { Answer } from '../core/answer.ts'
import { longestTimer } from '../core/duration.ts'
import type { Exchange } from '../core/exchange.ts'
import type { WriteHead } from '../policy/stack.ts'
import { announceClose } from './closing.ts'
import { layHead, listHead, withheld } from './lay-head.ts'
import { abandon, fieldOf, lengthOf, type Reply, writeHeads } from './respond.ts'

/** Headers that middleware before the gate had set when the request came to it: they are not the destination's. */
export type Brought = Readonly<OutgoingHttpHeaders>

/**
 * Puts an answer on the context, in place of whatever stood there. Throws where HTTP has no such answer; one that comes
 * after the head went out is abandoned.
 */
export function answerOnContext(exchange: Exchange, { answer, heads, fail }: Reply, brought: Brought): void {
  const { ctx } = exchange
  if (ctx.res.destroyed || ctx.res.headersSent) {
    abandon(exchange, answer, fail)
    return
  }
  const length = lengthOf(answer, exchange.method)
  clear(ctx.res, brought)
  ctx.respond = true
  ctx.status = answer.status
  putBody(ctx, answer)
  ctx.remove('Content-Type')
  setAll(ctx.res, answer.headers)
  if (length === undefined) ctx.remove('Content-Length')
  else ctx.res.setHeader('Content-Length', length)
  if (fieldOf(answer.headers, 'connection')?.toLowerCase() === 'close') closeAfter(ctx)
  layHeadOnContext(exchange, heads, brought)
  if (answer.body instanceof Readable) ctx.res.setTimeout(Math.min(exchange.timeout.idle, longestTimer))
}

/**
 * Lays what the guards write over the headers that the response has so far, by the same rules as on any other answer: what
 * they force stands, their defaults yield, `Vary` is merged. It may be done twice: over what was written since.
 */
export function layHeadOnContext(exchange: Exchange, heads: readonly WriteHead[], brought: Brought): void {
  const { res } = exchange.ctx
  const said = flatten(res)
  const flat = listHead(layHead({ status: 200, headers: said }, writeHeads(exchange, heads), exchange.requestId))
  const kept = new Set(namesIn(flat))
  for (const name of res.getHeaderNames())
    if (!kept.has(name) && !withheld.has(name) && res.getHeader(name) !== brought[name]) res.removeHeader(name)
  setAll(res, flat)
}

/** Makes the answer the connection's last: what still comes on it is not obeyed. */
export function closeAfter({ req, res }: Context): void {
  announceClose(req.socket)
  res.setHeader('Connection', 'close')
}

/** What tells of the body that stood there before; Koa frames the new one by itself. */
const isOfBody = (name: string): boolean => withheld.has(name) || /^content-(?:type|encoding|range)$/.test(name)

function clear(res: ServerResponse, brought: Brought): void {
  // That the connection ends here was decided before, and stays.
  for (const name of res.getHeaderNames()) if (name !== 'connection') res.removeHeader(name)
  for (const [name, value] of Object.entries(brought))
    if (value !== undefined && !isOfBody(name)) res.setHeader(name, value)
}

/**
 * Koa writes the status as a text where there is no body at all; and it listens to a stream only once all middleware is
 * done, while an error that nobody hears ends the process.
 */
function putBody(ctx: Context, { status, body }: Answer): void {
  if (body instanceof Readable) body.on('error', () => {})
  if (status === 204 || status === 205 || status === 304) ctx.body = null
  else if (body === undefined) ctx.body = ''
  else ctx.body = body instanceof Uint8Array && !Buffer.isBuffer(body) ? Buffer.from(body) : body
}

/** What a name says first stands in place of what stood there; what it says again stands beside it (`Set-Cookie`). */
function setAll(res: ServerResponse, flat: readonly string[]): void {
  const said = new Set<string>()
  for (let at = 0; at < flat.length; at += 2) {
    const name = flat[at] ?? ''
    const lower = name.toLowerCase()
    if (withheld.has(lower)) continue
    if (said.has(lower)) res.appendHeader(name, flat[at + 1] ?? '')
    else res.setHeader(name, flat[at + 1] ?? '')
    said.add(lower)
  }
}

const flatten = (res: ServerResponse): readonly string[] =>
  res.getHeaderNames().flatMap((name) => [res.getHeader(name) ?? []].flat().flatMap((value) => [name, String(value)]))

const namesIn = (flat: readonly string[]): readonly string[] =>
  flat.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase())
