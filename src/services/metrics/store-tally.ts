/** What was counted of Redis: plain numbers, for a script is run with nearly every request. */

/** Upper bounds of the buckets, in seconds: from a server beside this one to a deadline that was set high. */
export const answerBounds: readonly number[] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1]

export class StoreTally {
  /** The servers that are used, and whether each answers; none where state is in memory. */
  readonly servers = new Map<string, boolean>()
  /** Scripts that were answered: one number a bound, and one for what is above all of them; not cumulative. */
  readonly buckets = new Float64Array(answerBounds.length + 1)
  seconds = 0
  /** Scripts that were not answered by the deadline. */
  late = 0
  /** Scripts that failed: refused, or the connection was gone. */
  failed = 0
  /** Scripts that nobody was asked for, because Redis was away. */
  skipped = 0

  answer(milliseconds: number): void {
    const seconds = milliseconds / 1000
    this.seconds += seconds
    const index = answerBounds.findIndex((bound) => seconds <= bound)
    const at = index < 0 ? answerBounds.length : index
    this.buckets[at] = (this.buckets[at] ?? 0) + 1
  }
}
