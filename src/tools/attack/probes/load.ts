/** One more at a time than a route bears, and a destination that takes too long. */

import { readDuration } from '../../../core/duration.ts'
import { hasReference } from '../../../core/expression.ts'
import { type ConcurrencyBlock, termsOf } from '../../../guards/concurrency/concurrency-block.ts'
import { headOf, type TimeoutBlock } from '../../../guards/timeout.ts'
import type { Crowd, Probe } from '../probe.ts'
import type { Target } from '../target.ts'

/** As many as may run and wait, and one. */
export function crowdsOf(target: Target): readonly Crowd[] {
  const block = target.route.blocks.get('concurrency')
  if (block === undefined || !target.enforces('concurrency') || hasReference(block.value)) return []
  const { max, queue } = termsOf(block.value as ConcurrencyBlock)
  const { expected: _, ...probe } = target.probe('concurrency', `more than ${max} at once`, target.request(), nothing)
  return [{ ...probe, request: target.request(), size: max + queue + 1 }]
}

const nothing = { kind: 'admitted', codes: [] } as const

/** Milliseconds; nobody waits for a hanging destination any longer. */
const longest = 10_000

/** The good request, where the policy says how long its answer may take. */
export function probeTimeout(target: Target): readonly Probe[] {
  const block = target.route.blocks.get('timeout')
  if (block === undefined || hasReference(block.value)) return []
  const written = headOf(block.value as TimeoutBlock)
  const within = readDuration(written)
  if (within > longest) return []
  const title = `an answer that takes longer than ${written}`
  return [target.probe('timeout', title, target.request(), { kind: 'timely', within })]
}
