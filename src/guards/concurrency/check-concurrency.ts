/** What can be wrong with a `concurrency` block beyond its shape. */

import type { Fault, Rules } from '../../core/diagnostic.ts'
import { readDuration } from '../../core/duration.ts'
import { hasReference } from '../../core/expression.ts'
import { checkBy } from '../../services/counters/by.ts'
import { type ConcurrencyBlock, keyOf, longestWait } from './concurrency-block.ts'

export const concurrencyRules: Rules = {
  'concurrency/unknown-key': {
    severity: 'error',
    cause: 'A plain text would be one key for everyone.',
    hint: 'count by `ip`, `user`, `all`, or an expression such as `${params.id}`',
  },
  'concurrency/idle-wait': {
    severity: 'error',
    cause: 'Without a `queue` nobody waits: who finds no free slot is refused at once.',
    hint: 'say how many may wait with `queue`, or drop `wait`',
  },
  'concurrency/wait-too-long': {
    severity: 'error',
    cause: 'Who waits holds a connection, and its body is not read meanwhile.',
    hint: 'write a shorter duration',
  },
}

/** Values that are still to be filled in are not judged. */
export function checkConcurrency(block: ConcurrencyBlock): readonly Fault[] {
  if (hasReference(block)) return []
  return [...checkBy(keyOf(block), 'concurrency/unknown-key'), ...checkWait(block)]
}

function checkWait({ queue = 0, wait }: ConcurrencyBlock): readonly Fault[] {
  if (wait === undefined || hasReference(wait)) return []
  if (queue === 0)
    return [{ rule: 'concurrency/idle-wait', path: ['wait'], message: 'there is no `queue` to wait in', onKey: true }]
  if (readDuration(wait) <= longestWait) return []
  return [{ rule: 'concurrency/wait-too-long', path: ['wait'], message: `expected at most \`1m\`, not \`${wait}\`` }]
}
