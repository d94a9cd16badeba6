/** The `timeout` guard: how long a client waits for the answer's head, and for the next byte of its body. */

import type { Fault } from '../core/diagnostic.ts'
import { longestTimer, readDuration } from '../core/duration.ts'
import { hasReference } from '../core/expression.ts'
import { type Infer, object, union } from '../schema/builder.ts'
import { duration } from '../schema/quantity.ts'
import { defineGuard } from './guard.ts'

const schema = union([
  duration('Until the head of the answer; `idle` keeps its default.'),
  object(
    {
      'head?': duration('Until the head of the answer; 30s unless told.'),
      'idle?': duration('Between two bytes of its body; 60s unless told.'),
    },
    { minProperties: 1 },
  ),
])

export type TimeoutBlock = Infer<typeof schema>

const defaults = { head: '30s', idle: '60s' }
const isTooLong = (text: string): boolean => !hasReference(text) && readDuration(text) > longestTimer

const tooLong = (text: string, path: readonly string[]): Fault => ({
  rule: 'timeout/too-long',
  path,
  message: `expected at most \`24d\`, not \`${text}\``,
})

function checkTimeout(block: TimeoutBlock): readonly Fault[] {
  if (typeof block === 'string') return isTooLong(block) ? [tooLong(block, [])] : []
  return Object.entries(block).flatMap(([key, text]) => (isTooLong(text) ? [tooLong(text, [key])] : []))
}

/** Until the head of the answer, as it is written; `undefined` where no block is. */
export const headOf = (block: TimeoutBlock | undefined): string =>
  (typeof block === 'string' ? block : block?.head) ?? defaults.head

function readLimits(block: TimeoutBlock): { head: number; idle: number } {
  const { idle = defaults.idle } = typeof block === 'string' ? {} : block
  return Object.freeze({ head: readDuration(headOf(block)), idle: readDuration(idle) })
}

export const timeout = defineGuard<TimeoutBlock>({
  name: 'timeout',
  summary: 'How long the destination may take: until the head of its answer, and between two bytes of its body.',
  example: 'timeout: { head: 5s, idle: 15s }',
  schema,
  refuses: ['upstream_timeout'],
  rules: {
    'timeout/too-long': {
      severity: 'error',
      cause: 'A timer holds at most 24 days; a longer one would fire at once.',
      hint: 'write a shorter duration',
    },
  },
  check: checkTimeout,
  describe: () => ({ refusals: [] }),
  compile(block, site) {
    const limits = readLimits(block)
    const source = Object.freeze({ file: site.file, line: site.line })
    return {
      steps: [
        {
          guard: 'timeout',
          gate: 'timeout',
          source,
          decide: function timeoutGuard(exchange) {
            exchange.timeout = limits
            return undefined
          },
        },
      ],
    }
  },
})
