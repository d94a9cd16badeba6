/** Slots of all nodes, where nothing tells the nodes of one another. */

import { hasReference } from '../../core/expression.ts'
import type { ConcurrencyBlock } from '../../guards/concurrency/concurrency-block.ts'
import { writtenRedis } from '../../services/state/settings.ts'
import type { Finding } from '../findings.ts'
import type { Policy, Route } from '../policy.ts'
import { below } from '../source.ts'
import { defineRule } from './rule.ts'

export const unsharedState = defineRule({
  rules: {
    'concurrency/unshared-state': {
      severity: 'warning',
      cause:
        'Without Redis a node knows nothing of the others: each lets `max` through, all together many times as many.',
      hint: 'say where state is shared, `settings: { state: rediss://redis.internal:6380 }`, or drop `shared`',
    },
  },
  check: (policy) => (isInMemory(policy) ? policy.routes.flatMap(checkRoute) : []),
})

/** False where it is not known: settings with faults, those of a file that could not be read, or filled in at opening. */
function isInMemory({ settings: [settings], files, whole }: Policy): boolean {
  if (settings === undefined) return whole && files.every(({ sections }) => sections.settings === undefined)
  const { state } = settings.value
  return !hasReference(state) && writtenRedis(state) === undefined
}

function checkRoute({ blocks }: Route): readonly Finding[] {
  const block = blocks.get('concurrency')
  if (block === undefined || (block.value as ConcurrencyBlock).shared !== true) return []
  const message = 'the slots are shared by all nodes, and state is kept in the memory of each'
  return [{ rule: 'concurrency/unshared-state', at: below(block.at, 'shared'), message, onKey: true }]
}
