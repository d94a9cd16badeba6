/** Prints what 100,000 keys of a limit take in memory; run with --expose-gc. */

import { systemClock } from '../../src/services/clock.ts'
import type { Algorithm, Limit } from '../../src/services/counters/counters.ts'
import { memoryCounters } from '../../src/services/counters/memory.ts'

const keys = 100_000

function used(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function measure(algorithm: Algorithm): string {
  const counters = memoryCounters(systemClock)
  const limit: Limit = { id: `bench/${algorithm}`, algorithm, limit: 600, period: 60_000, burst: 600 }
  const before = used()
  for (let key = 0; key < keys; key++) counters.take([{ limit, key: `198.51.100.7/user-${key}`, cost: 1 }])
  const megabytes = (used() - before) / 1e6
  counters.take([{ limit, key: 'the last', cost: 1 }])
  return `${megabytes.toFixed(1)} MB`
}

process.stdout.write(`${measure('token-bucket')} · ${measure('sliding-window')}\n`)
