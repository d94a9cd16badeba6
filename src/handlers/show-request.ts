/** Shows middleware behind the guards the request as they judged it, not as the connection brought it. */

import type { Context } from 'koa'
import type { Exchange } from '../core/exchange.ts'
import type { RouteState } from './route-handler.ts'

/** The context, with URL, address and protocol as they were judged, and what the guards found out in `state`. */
export function showRequest(exchange: Exchange): Context {
  const { ctx, path, address, input, secure, body, requestId } = exchange
  const query = exchange.sanitisedQuery ?? exchange.query
  ctx.req.url = query === '' ? path : `${path}?${query}`
  ctx.req.headers['x-request-id'] = requestId
  ctx.request.ip = address
  const state: RouteState = {
    principal: exchange.principal,
    input,
    resource: exchange.resource,
    requestId,
  }
  Object.assign(ctx.state, state)
  // Where body parsers for Koa leave it, and look before they read themselves; the bytes where only a signature was judged.
  if (body.taken)
    Object.assign(ctx.request, { body: input.body === undefined ? body.bytes : input.body, files: input.files })
  if (ctx.secure !== secure) Object.defineProperty(ctx.request, 'protocol', { value: secure ? 'https' : 'http' })
  return ctx
}
