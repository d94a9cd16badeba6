/** What a request takes in one slot, and what Redis said to it. */

import type { Standing } from '../counters.ts'
import type { NamedTake } from './key-names.ts'
import { type Answer, figuresPerTake } from './tick.ts'

export class Part {
  readonly takes: readonly NamedTake[]
  readonly answer: Answer | undefined
  /** None where Redis did not answer. */
  readonly standings: readonly Standing[]

  constructor(takes: readonly NamedTake[], answer: Answer | undefined) {
    this.takes = takes
    this.answer = answer
    this.standings = answer === undefined ? [] : takes.map((take, index) => standingOf(take, answer.figures, index))
  }

  /** Whether Redis refused it. */
  get isRefused(): boolean {
    return this.standings.some(({ retryAfter }) => retryAfter > 0)
  }
}

function standingOf({ limit, cost }: NamedTake, figures: readonly number[], index: number): Standing {
  const at = index * figuresPerTake
  const [remaining = 0, reset = 0, wait = 0] = [figures[at], figures[at + 1], figures[at + 2]]
  return { limit, remaining, reset, retryAfter: cost > limit.burst ? Infinity : wait }
}
