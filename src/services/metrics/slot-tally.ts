/** What was counted of one limit of concurrency: plain numbers, written by its pool. */

export class SlotTally {
  /** The identity of the limit. */
  readonly limit: string
  inUse = 0
  waiting = 0
  /** Who came when the queue was full. */
  full = 0
  /** Whose wait was over before a slot was free. */
  late = 0
  /** Who asked for a slot of all nodes, and was decided on by this one alone, because Redis was away. */
  alone = 0

  constructor(limit: string) {
    this.limit = limit
  }
}
