/** Signatures that were good before: where a request carries its time it is good once, on whichever node. */

import { readDuration } from '../../../core/duration.ts'
import type { Counters, Limit } from '../../../services/counters/counters.ts'

/** True the first time. */
export type MarkSeen = (signature: Buffer) => boolean | Promise<boolean>

/** A limit of one for each signature, until its time is too long ago: shared by all that share limits. */
export function compileSeen(tolerance: string, counters: Counters): MarkSeen {
  // A time may be that far ahead, and then that far behind.
  const period = 2 * readDuration(tolerance)
  const limit: Limit = Object.freeze({
    id: `:signature ${tolerance}`,
    algorithm: 'token-bucket',
    limit: 1,
    burst: 1,
    period,
    onStoreFailure: 'local',
  })
  return (signature) => {
    const batch = counters.take([{ limit, key: signature.toString('base64url'), cost: 1 }])
    return batch instanceof Promise ? batch.then(({ allowed }) => allowed) : batch.allowed
  }
}
