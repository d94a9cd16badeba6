/** One more than a limit allows. */

import { readDuration } from '../../../core/duration.ts'
import { hasReference } from '../../../core/expression.ts'
import { identityOf, type WrittenLimit, type WrittenLimits } from '../../../guards/rate-limit/limit-schema.ts'
import type { Volley } from '../probe.ts'
import type { Target } from '../target.ts'
import { disguises } from './addresses.ts'

/** The limits of a route, each with the name that its counter has: of those that many routes share, one is tried. */
export function volleysOf(target: Target): readonly (Volley & { readonly identity: string })[] {
  const block = target.route.blocks.get('rateLimit')
  if (block === undefined || !target.enforces('rateLimit') || hasReference(block.value)) return []
  return (block.value as WrittenLimits).map((limit, index) => ({
    identity: identityOf(limit, block.items[index]?.owner ?? block.owner),
    ...volleyOf(target, limit),
  }))
}

function volleyOf(target: Target, limit: WrittenLimit): Volley {
  const { expected: _, ...probe } = target.probe('rateLimit', `more than ${describe(limit)}`, target.request(), {
    kind: 'admitted',
    codes: [],
  })
  const allowed = typeof limit.limit === 'number' ? limit.limit : limit.limit.else
  const { cost } = target.route
  const isByAddress = [limit.by].flat().includes('ip')
  return {
    ...probe,
    request: target.request(),
    capacity: Math.floor((limit.algorithm === 'sliding-window' ? allowed : (limit.burst ?? allowed)) / cost),
    rate: allowed / cost / (readDuration(limit.per) / 1_000),
    disguises: isByAddress ? disguises('198.51.100.7') : [],
  }
}

const describe = ({ limit, per, by }: WrittenLimit): string =>
  `${typeof limit === 'number' ? limit : limit.else} in ${per} by ${[by].flat().join(' and ')}`
