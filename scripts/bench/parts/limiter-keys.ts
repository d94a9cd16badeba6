/** Prints what a million keys of a limit take, as JSON; run with --expose-gc. The argument names the algorithm. */

import { systemClock } from '../../../src/services/clock.ts'
import type { Algorithm, Limit } from '../../../src/services/counters/counters.ts'
import { memoryCounters } from '../../../src/services/counters/memory.ts'
import { nanoseconds } from './part.ts'

const keys = 1_000_000
/** Eight kilobytes, as little as a small request leaves behind: without it all that the collector sees would be keys. */
const litter = 1_000

const algorithm: Algorithm = process.argv[2] === 'sliding-window' ? 'sliding-window' : 'token-bucket'
const counters = memoryCounters(systemClock)
const limit: Limit = {
  id: 'bench',
  algorithm,
  limit: 600,
  period: 3_600_000,
  burst: 600,
  onStoreFailure: 'local',
}
const take = (key: string) => counters.take([{ limit, key, cost: 1 }])

function used(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Takes from every key once; the longest time from one take to the next, in milliseconds. */
function fill(): number {
  let stall = 0
  let at = performance.now()
  for (let key = 0; key < keys; key++) {
    take(`198.51.100.7/user-${key}`)
    new Array<number>(litter).fill(0)
    const now = performance.now()
    stall = Math.max(stall, now - at)
    at = now
  }
  return stall
}

const before = used()
const stall = fill()
const megabytes = (used() - before) / 1e6
const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
const known = nanoseconds(50_000, (index) => take(`198.51.100.7/user-${index}`))
process.stdout.write(JSON.stringify({ megabytes, stall, nanoseconds: known, timers }))
