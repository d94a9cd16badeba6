/** Signatures that were good before: where a request carries its time it is good once, on whichever node. */

import { readDuration } from '../../../core/duration.ts'
import type { Counters, Limit } from '../../../services/counters/counters.ts'

/**
 * True the first time; of a request, the signatures by all keys: whoever has seen one that was signed with two cannot send it
 * twice.
 */
export type MarkSeen = (signatures: readonly Buffer[]) => boolean | Promise<boolean>

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
  return (signatures) => {
    const batch = counters.take(signatures.map((bytes) => ({ limit, key: bytes.toString('base64url'), cost: 1 })))
    return batch instanceof Promise ? batch.then(({ allowed }) => allowed) : batch.allowed
  }
}
