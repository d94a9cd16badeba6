/** What a handler module may rely on: Koa's context, and what the guards found out about the request. */

import type { ParameterizedContext } from 'koa'
import type { Input } from '../core/exchange.ts'
import type { Principal } from '../core/principal.ts'

/** `ctx.state`; `I` names the parts of the input that the route declares. */
export interface RouteState<I extends Partial<Input> = Input> {
  readonly principal: Principal
  /** As the schema left it: read, transformed, defaults filled in. */
  readonly input: Omit<Input, keyof I> & I
  /** What the route's loader found. */
  readonly resource: unknown
  readonly requestId: string
}

/** A handler answers through `ctx`, as in Koa, and never through `ctx.res`, which is a 500; it may throw `deny(…)`. There is nothing behind it: `next` does nothing. */
export type RouteHandler<I extends Partial<Input> = Input> = (
  ctx: ParameterizedContext<RouteState<I>>,
  next: () => Promise<void>,
) => unknown
