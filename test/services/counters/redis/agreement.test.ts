/** Redis counts as memory does. */

import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import type { Batch, Limit, Take } from '../../../../src/services/counters/counters.ts'
import { memoryCounters } from '../../../../src/services/counters/memory.ts'
import { HandClock } from '../../../helpers/hand-clock.ts'
import { bucket } from '../limits.ts'
import { atTime, nodeOn, startStore } from './stores.ts'

/**
 * A multiple of every width of a segment below: where one begins for memory, one begins for Redis. Periods are longer than
 * the tests take: keys expire on Redis's own time.
 */
const epoch = 64 * 60_000 * 450_000

/** On a clock that runs away nobody is known to be over for long: every take is asked. */
function runaway() {
  let readings = 0
  return { now: () => 0, monotonic: () => readings++ * 1e9 }
}

async function startBoth(t: ExecutionContext) {
  const { store } = await startStore(t)
  let runs = 0
  return () => {
    const clock = new HandClock()
    const held = atTime(store, () => epoch + clock.monotonic())
    const redis = nodeOn(held, { prefix: `run${runs++}`, clock: runaway() })
    return { clock, memory: memoryCounters(clock), redis }
  }
}

/** In whole milliseconds that suffice: memory tells fractions of them. */
const rounded = ({ allowed, standings }: Batch) => ({
  allowed,
  standings: standings.map((standing) => [
    standing?.remaining,
    Math.ceil(standing?.reset ?? -1),
    Math.ceil(standing?.retryAfter ?? -1),
  ]),
})

interface Numbers extends Pick<Limit, 'algorithm' | 'limit' | 'period'> {
  readonly extra: number
}

const numbers: fc.Arbitrary<Numbers> = fc.record({
  algorithm: fc.constantFrom('token-bucket', 'sliding-window'),
  limit: fc.integer({ min: 1, max: 12 }),
  period: fc.constantFrom(64_000, 640_000, 6_400_000),
  extra: fc.integer({ min: 0, max: 5 }),
})

const steps = fc.array(
  fc.record({
    wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 9_000 }), fc.integer({ min: 0, max: 7_000_000 })),
    takes: fc.uniqueArray(
      fc.record({ limit: fc.nat({ max: 2 }), key: fc.constantFrom('a', 'b'), cost: fc.integer({ min: 1, max: 4 }) }),
      { minLength: 1, maxLength: 3, selector: ({ limit, key }) => `${limit}${key}` },
    ),
  }),
  { minLength: 1, maxLength: 40 },
)

const limitOf = ({ algorithm, limit, period, extra }: Numbers, index: number): Limit =>
  bucket({
    id: `shop/${index}`,
    algorithm,
    limit,
    period,
    burst: algorithm === 'token-bucket' ? limit + extra : limit,
  })

test('the same takes at the same times have the same answers as in memory', async (t) => {
  const start = await startBoth(t)
  await fc.assert(
    fc.asyncProperty(fc.tuple(numbers, numbers, numbers), steps, async (given, asked) => {
      const { clock, memory, redis } = start()
      const limits = given.map(limitOf)
      for (const { wait, takes } of asked) {
        clock.pass(wait)
        const batch = takes.map((take): Take => ({ ...take, limit: limits[take.limit] as Limit }))
        t.deepEqual(rounded(await redis.take(batch)), rounded(memory.take(batch)))
      }
    }),
    { numRuns: 200 },
  )
})

test('a bucket whose numbers change takes along what is in use, as in memory', async (t) => {
  const start = await startBoth(t)
  const turns = fc.array(fc.record({ wait: fc.integer({ min: 0, max: 500_000 }), plan: fc.nat({ max: 1 }) }), {
    minLength: 1,
    maxLength: 40,
  })
  const plans = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }))
  await fc.assert(
    fc.asyncProperty(plans, turns, async (sizes, asked) => {
      const { clock, memory, redis } = start()
      const limits = sizes.map((limit) => bucket({ limit, period: 640_000 }))
      for (const { wait, plan } of asked) {
        clock.pass(wait)
        const batch = [{ limit: limits[plan] as Limit, key: 'a', cost: 1 }]
        const [ours, theirs] = [await redis.take(batch), memory.take(batch)]
        // What flows back is rounded up where its unit changes: it may come a moment later, and never sooner.
        const isLate = theirs.allowed && (ours.standings[0]?.retryAfter ?? Infinity) <= 64
        t.true(ours.allowed === theirs.allowed || isLate)
        if (ours.allowed !== theirs.allowed) return
      }
    }),
    { numRuns: 100 },
  )
})
