/** Enforce: the Koa middleware that answers every request by the policy that is current when it begins. */

import type { Context } from 'koa'
import { compileRanges } from '../core/address.ts'
import type { Observer } from '../core/observer.ts'
import type { CompiledPolicy } from '../policy/stack.ts'
import type { World } from '../services/services.ts'
import { announceClose, isClosing, offersUpgrade } from './closing.ts'
import { Engine, type EngineWorld } from './engine.ts'
import type { Lease } from './generation.ts'
import type { Trust } from './hygiene.ts'
import { compileMatcher, type Matcher } from './match.ts'

/** A compiled policy, ready for requests. */
export interface Active {
  readonly policy: CompiledPolicy
  readonly match: Matcher
  readonly trust: Trust
}

/** Prepares a compiled policy for requests. */
export const activate = (policy: CompiledPolicy, { randomId }: Pick<World, 'randomId'>): Active =>
  Object.freeze({
    policy,
    match: compileMatcher(policy.stacks),
    trust: { isTrustedProxy: compileRanges(policy.settings.trustedProxies), requestId: randomId },
  })

/** The middleware: a request keeps the policy that it began with. Koa is left nothing to answer, not even a fault. */
export function enforce(
  lease: () => Lease,
  world: EngineWorld,
  observers: readonly Observer[],
): (ctx: Context) => Promise<void> | undefined {
  const engine = new Engine(world, observers)
  return function enforcePolicy(ctx: Context) {
    ctx.respond = false
    const { req } = ctx
    if (isClosing(req.socket)) return undefined
    if (offersUpgrade(req)) announceClose(req.socket)
    const leased = lease()
    const judged = engine.handle(ctx, leased.active)
    if (judged) return judged.then(() => leased.release())
    leased.release()
    return undefined
  }
}
