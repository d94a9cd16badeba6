/** Limits for tests, and a shorter way to take from one. */

import type { Batch, Counters, Limit, Standing } from '../../../src/services/counters/counters.ts'

export const bucket = (numbers: Partial<Limit> = {}): Limit => {
  const limit = { id: 'shop/user', algorithm: 'token-bucket', limit: 10, period: 60_000, ...numbers } as const
  return { burst: limit.limit, onStoreFailure: 'local', ...limit }
}

export const sliding = (numbers: Partial<Limit> = {}): Limit => bucket({ algorithm: 'sliding-window', ...numbers })

/** Takes from one limit; the counters are those in memory, which answer at once. */
export function take(counters: Counters, limit: Limit, key = 'a', cost = 1): Standing & { readonly allowed: boolean } {
  const batch = counters.take([{ limit, key, cost }]) as Batch
  const [standing] = batch.standings
  if (standing === undefined) throw new Error('no standing')
  return { ...standing, allowed: batch.allowed }
}

/** How many takes in a row are allowed, 10,000 at most. */
export function takeAll(counters: Counters, limit: Limit, key = 'a'): number {
  for (let taken = 0; taken < 10_000; taken++) if (!take(counters, limit, key).allowed) return taken
  return 10_000
}
