/** How long something took, each time: plain numbers, one a bucket. */

export class Histogram {
  /** Upper bounds of the buckets, in seconds. */
  readonly bounds: readonly number[]
  /** One a bound, and one for what is above all of them; not cumulative. */
  readonly buckets: Float64Array
  seconds = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.buckets = new Float64Array(bounds.length + 1)
  }

  note(milliseconds: number): void {
    const seconds = milliseconds / 1_000
    this.seconds += seconds
    const index = this.bounds.findIndex((bound) => seconds <= bound)
    const at = index < 0 ? this.bounds.length : index
    this.buckets[at] = (this.buckets[at] ?? 0) + 1
  }
}
