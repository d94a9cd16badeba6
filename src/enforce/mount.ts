/** Mount: the Koa middleware that judges every request of an app of one's own, and lets on what `handler: next` allows. */

import type { Context, Middleware, Next } from 'koa'
import { Denial, deny } from '../core/denial.ts'
import { Exchange } from '../core/exchange.ts'
import type { Observer } from '../core/observer.ts'
import { within } from '../core/within.ts'
import { bareHead } from '../guards/headers/headers.ts'
import { onward } from '../handlers/next.ts'
import type { RouteState } from '../handlers/route-handler.ts'
import { showRequest } from '../handlers/show-request.ts'
import type { WriteHead } from '../policy/stack.ts'
import type { World } from '../services/services.ts'
import { answerOnContext, type Brought, closeAfter, layHeadOnContext } from './answer-on-context.ts'
import { isClosing, offersUpgrade } from './closing.ts'
import { Engine } from './engine.ts'
import { Failure } from './failure.ts'
import type { Lease } from './generation.ts'
import { readFacts } from './hygiene.ts'
import { keepHead } from './keep-head.ts'
import { refuse } from './refusal.ts'
import type { Result } from './run.ts'

export interface Mounted {
  /** The current policy, or why there is none. */
  lease(): Lease | Denial
  readonly world: Pick<World, 'clock' | 'log' | 'randomId'>
  readonly observers: readonly Observer[]
}

/** A request on its way through the gate. */
interface Visit {
  readonly brought: Brought
  /** Set once it is let on. */
  admitted?: Admitted
}

interface Admitted {
  readonly exchange: Exchange
  readonly heads: readonly WriteHead[]
}

/** Where a context keeps its visit; a `WeakMap` with an entry a request is a burden for the garbage collector. */
const visiting = Symbol('visit')
type Visited = Context & { [visiting]?: Visit }

const internalError = deny('internal_error')
const notFound = deny('not_found')
const tooLate = deny('upstream_timeout')

/**
 * The middleware. Refusals, and answers of destinations other than `next`, are put on the context, so that middleware
 * before the gate sees them; whatever goes wrong behind it leaves with what the guards wrote on the head.
 */
export function mount({ lease, world, observers }: Mounted): Middleware<RouteState> {
  const engine = new Engine(world, observers, (exchange, reply) => {
    const visit = (exchange.ctx as Visited)[visiting] ?? { brought: {} }
    if (reply.answer === onward) visit.admitted = { exchange, heads: reply.heads }
    else answerOnContext(exchange, reply, visit.brought)
  })
  return async function portcullis(ctx, next) {
    const { req, res } = ctx
    // A client that is gone is owed nothing, and what would be taken in its name would never be given back.
    if (res.destroyed) return
    if (isClosing(req.socket)) {
      ctx.respond = false
      return
    }
    if (offersUpgrade(req)) closeAfter(ctx)
    const visit: Visit = { brought: res.getHeaders() }
    ;(ctx as Visited)[visiting] = visit
    const leased = lease()
    if (leased instanceof Denial) return refuseAll(ctx, { denial: leased, visit, world })
    try {
      await engine.handle(ctx, leased.active)
    } finally {
      leased.release()
    }
    if (visit.admitted) await goOn(visit.admitted, visit.brought, next)
  }
}

interface Refusing extends Pick<Mounted, 'world'> {
  readonly denial: Denial
  readonly visit: Visit
}

/** Where no policy is in force, nothing is judged: every request is refused. */
async function refuseAll(ctx: Context, { denial, visit, world }: Refusing): Promise<void> {
  const { facts } = readFacts(ctx.req, { isTrustedProxy: () => false, requestId: world.randomId })
  const exchange = new Exchange(ctx, facts)
  const heads = [await bareHead()]
  answerOnContext(exchange, { answer: refuse(exchange, denial), heads, fail: () => {} }, visit.brought)
}

async function goOn(admitted: Admitted, brought: Brought, next: Next): Promise<void> {
  const { exchange, heads } = admitted
  const ctx = showRequest(exchange)
  const lay = () => layHeadOnContext(exchange, heads, brought)
  const leave = keepHead(ctx.res, lay)
  const ended = await outcome(exchange, next)
  if (ctx.respond !== false || ended !== undefined) leave()
  if (ended instanceof Denial) {
    answerInstead(admitted, brought, ended)
    return sendNow(ctx)
  }
  ended?.report(ctx)
  const result = ended?.read(ctx) ?? (isNothing(ctx) ? notFound : undefined)
  if (result !== undefined) answerInstead(admitted, brought, result)
  else if (!ctx.headerSent) lay()
}

/** What the app came to: it failed; or it still runs, and why nobody waits for it any more. */
async function outcome({ ctx, timeout, body }: Exchange, next: Next): Promise<Failure | Denial | undefined> {
  const work = run(next)
  const ended = await within(timeout.head, work, {
    denial: tooLate,
    drop: (late) => late?.report(ctx),
    arm: (end) => body.onTooLarge(end),
  })
  // With its head out it is in time, and the body may take as long as it needs.
  return ended instanceof Denial && ctx.headerSent ? work : ended
}

async function run(next: Next): Promise<Failure | undefined> {
  try {
    await next()
    return undefined
  } catch (error) {
    return new Failure(error)
  }
}

/** Whether the app set nothing: as in Koa, it found nothing then. */
const isNothing = ({ status, body, respond, headerSent }: Context): boolean =>
  status === 404 && (body === undefined || body === null) && respond !== false && !headerSent

/** The app still runs and holds the same context: an answer that waited for middleware before the gate could become a mix of two. */
function sendNow({ method, body, res }: Context): void {
  res.on('error', () => {})
  res.end(method === 'HEAD' ? undefined : body)
}

/** What has begun cannot be told any more; its connection is cut, so that it is not taken for whole. */
function answerInstead({ exchange, heads }: Admitted, brought: Brought, result: Result): void {
  const fail = () => {}
  const answer = result instanceof Denial ? refuse(exchange, result) : result
  try {
    answerOnContext(exchange, { answer, heads, fail }, brought)
  } catch (error) {
    new Failure(error).report(exchange.ctx)
    answerOnContext(exchange, { answer: refuse(exchange, internalError), heads, fail }, brought)
  }
}
