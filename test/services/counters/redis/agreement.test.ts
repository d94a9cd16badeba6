/** Redis counts as memory does: the same takes at the same times have the same answers. */

import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import type { Batch, Limit, Take } from '../../../../src/services/counters/counters.ts'
import { memoryCounters } from '../../../../src/services/counters/memory.ts'
import { redisCounters } from '../../../../src/services/counters/redis/counters.ts'
import { Metrics } from '../../../../src/services/metrics.ts'
import { HandClock } from '../../../helpers/hand-clock.ts'
import { startRedis } from '../../../helpers/redis-server.ts'
import { bucket } from '../limits.ts'
import { atTime, bareStore } from './stores.ts'

/** A multiple of every width of a segment below: what is the beginning of one for memory, is one for Redis. */
const epoch = 64 * 60_000 * 30_000

let runs = 0
let ahead = 0

async function setUp(t: ExecutionContext) {
  const { port } = await startRedis(t)
  const store = bareStore(port)
  t.teardown(() => store.close())
  return () => {
    const clock = new HandClock()
    const memory = memoryCounters(clock)
    const parts = { prefix: `run${runs++}`, nodes: 1, local: memoryCounters(clock), metrics: new Metrics() }
    // On a clock that runs away nobody is known to be over for long: every take is asked.
    const runaway = { now: () => 0, monotonic: () => ahead++ * 1e9 }
    const redis = redisCounters(
      atTime(store, () => epoch + clock.monotonic()),
      { ...parts, clock: runaway },
    )
    return { clock, memory, redis }
  }
}

/** As memory tells it, in whole milliseconds that suffice. */
const rounded = ({ allowed, standings }: Batch) => ({
  allowed,
  standings: standings.map((standing) => ({
    remaining: standing?.remaining,
    reset: Math.ceil(standing?.reset ?? 0),
    retryAfter: Math.ceil(standing?.retryAfter ?? 0),
  })),
})

interface Numbers extends Pick<Limit, 'algorithm' | 'limit' | 'period'> {
  readonly extra: number
}

const numbers: fc.Arbitrary<Numbers> = fc.record({
  algorithm: fc.constantFrom('token-bucket' as const, 'sliding-window' as const),
  limit: fc.integer({ min: 1, max: 12 }),
  period: fc.constantFrom(64, 640, 6_400, 64_000),
  extra: fc.integer({ min: 0, max: 5 }),
})
const steps = fc.array(
  fc.record({
    wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 70_000 })),
    takes: fc.array(
      fc.record({ limit: fc.nat({ max: 2 }), key: fc.constantFrom('a', 'b'), cost: fc.integer({ min: 1, max: 4 }) }),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  { minLength: 1, maxLength: 30 },
)

const limitOf = ({ algorithm, limit, period, extra }: Numbers, i: number): Limit =>
  bucket({ id: `shop/${i}`, algorithm, limit, period, burst: algorithm === 'token-bucket' ? limit + extra : limit })

test('the same takes at the same times have the same answers', async (t) => {
  const start = await setUp(t)
  await fc.assert(
    fc.asyncProperty(fc.array(numbers, { minLength: 3, maxLength: 3 }), steps, async (given, asked) => {
      const { clock, memory, redis } = start()
      const limits = given.map(limitOf)
      for (const { wait, takes } of asked) {
        clock.pass(wait)
        const distinct = new Map(takes.map((take) => [`${take.limit}${take.key}`, take]))
        const batch: Take[] = [...distinct.values()].map((take) => ({ ...take, limit: limits[take.limit] as Limit }))
        t.deepEqual(rounded(await redis.take(batch)), rounded(memory.take(batch)))
      }
    }),
    { numRuns: 100 },
  )
})
