/** How `concurrency` is written in a policy. */

import { readDuration } from '../../core/duration.ts'
import { boolean, type Infer, integer, object } from '../../schema/builder.ts'
import { duration } from '../../schema/quantity.ts'
import { bySchema, nameOfBy } from '../../services/counters/by.ts'
import type { Terms } from '../../services/counters/slots.ts'

export const concurrencySchema = object({
  'by?': bySchema(' `all` unless told.'),
  max: integer({ minimum: 1, maximum: 1_000_000, examples: [20], description: 'How many run at the same time.' }),
  'queue?': integer({
    minimum: 0,
    maximum: 100_000,
    examples: [50],
    description: 'How many may wait for a slot, for each key; none unless told.',
  }),
  'wait?': duration('How long each of them waits at most; 1s unless told, 1m at most.', '500ms'),
  'shared?': boolean({
    description:
      'Whether slots and queue are those of all nodes together, in Redis; of each node by itself unless told.',
  }),
})

export type ConcurrencyBlock = Infer<typeof concurrencySchema>

/** Milliseconds. */
export const longestWait = 60_000

/** The numbers of a block whose references are filled in. */
export function termsOf({ max, queue = 0, wait = '1s' }: ConcurrencyBlock): Terms {
  return Object.freeze({ max, queue, wait: readDuration(wait) })
}

export const keyOf = ({ by = 'all' }: ConcurrencyBlock) => by

/** What its slots are kept under; `owner` is `profile/`, `service/` or `service/METHOD /path/`. */
export const identityOfSlots = (block: ConcurrencyBlock, owner: string): string => `${owner}${nameOfBy(keyOf(block))}`
