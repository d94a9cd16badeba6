/** Prints what a million keys of a limit take, as JSON; run with --expose-gc. The argument names the algorithm. */

import { systemClock } from '../../../src/services/clock.ts'
import type { Algorithm, Limit } from '../../../src/services/counters/counters.ts'
import { memoryCounters } from '../../../src/services/counters/memory.ts'

const keys = 1_000_000

function used(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const countTimers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length

function measure(algorithm: Algorithm): object {
  const counters = memoryCounters(systemClock)
  const limit: Limit = { id: `bench/${algorithm}`, algorithm, limit: 600, period: 3_600_000, burst: 600 }
  const before = used()
  let stall = 0
  const started = performance.now()
  for (let key = 0; key < keys; key++) {
    const at = performance.now()
    counters.take([{ limit, key: `198.51.100.7/user-${key}`, cost: 1 }])
    stall = Math.max(stall, performance.now() - at)
  }
  const nanoseconds = ((performance.now() - started) * 1e6) / keys
  const megabytes = (used() - before) / 1e6
  const timers = countTimers()
  counters.take([{ limit, key: 'the last', cost: 1 }])
  return { megabytes, stall, nanoseconds, timers }
}

process.stdout.write(JSON.stringify(measure(process.argv[2] === 'sliding-window' ? 'sliding-window' : 'token-bucket')))
