/** A queue that keeps clients longer than the destination may. */

import { readDuration } from '../../core/duration.ts'
import { hasReference } from '../../core/expression.ts'
import { type ConcurrencyBlock, longestWait } from '../../guards/concurrency/concurrency-block.ts'
import { headOf, type TimeoutBlock } from '../../guards/timeout.ts'
import type { Finding } from '../findings.ts'
import type { Block, Route } from '../policy.ts'
import { below } from '../source.ts'
import { defineRule } from './rule.ts'

export const waitBeyondTimeout = defineRule({
  rules: {
    'concurrency/wait-beyond-timeout': {
      severity: 'warning',
      cause:
        'A client waits longer for a slot than for the answer: it has given up by then, and its slot is spent on nobody.',
      hint: 'shorten `wait`, or give the route a longer `timeout`',
    },
  },
  check: ({ routes }) => routes.flatMap(checkRoute),
})

/** What is not filled in yet is judged once it is; what no queue allows, its own block says. */
function checkRoute({ blocks, broken }: Route): readonly Finding[] {
  const block = blocks.get('concurrency')
  const { wait } = (block?.value ?? {}) as Partial<ConcurrencyBlock>
  const head = headOf(blocks.get('timeout')?.value as TimeoutBlock | undefined)
  if (block === undefined || wait === undefined || broken.has('timeout')) return []
  if (hasReference(wait) || hasReference(head)) return []
  const milliseconds = readDuration(wait)
  return milliseconds > readDuration(head) && milliseconds <= longestWait ? [finding(block, wait, head)] : []
}

const finding = ({ at }: Block, wait: string, head: string): Finding => ({
  rule: 'concurrency/wait-beyond-timeout',
  at: below(at, 'wait'),
  message: `waits \`${wait}\` for a slot, and \`${head}\` for the answer`,
})
