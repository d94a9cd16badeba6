/** What was counted of passwords on their way through the threads that hash. */

import { Histogram } from './histogram.ts'

/** Upper bounds of the buckets, in seconds: from a hash of a low cost to the last one of a full queue. */
const bounds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export class HashTally {
  /** From the admission of a password to its hash. */
  readonly took = new Histogram(bounds)
  /** Those that were not hashed because too many waited. */
  refused = 0
}
