import test from 'ava'
import fc from 'fast-check'
import { memoryCounters } from '../../../src/services/counters/memory.ts'
import { HandClock } from '../../helpers/hand-clock.ts'
import { bucket, take, takeAll } from './limits.ts'

const numbers = fc.record({
  limit: fc.integer({ min: 1, max: 1_000 }),
  period: fc.constantFrom(1, 7, 500, 1_000, 60_000, 3_600_000),
  burst: fc.integer({ min: 1, max: 40 }),
})
const requests = (wait: fc.Arbitrary<number>) =>
  fc.array(fc.record({ wait, cost: fc.integer({ min: 1, max: 5 }) }), { minLength: 1, maxLength: 120 })
const wholeWait = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 100_000 }))

test('allows the burst at once, then the rate', (t) => {
  const clock = new HandClock()
  const counters = memoryCounters(clock)
  const limit = bucket({ limit: 600, period: 60_000, burst: 50 })
  t.is(takeAll(counters, limit), 50)
  clock.pass(99)
  t.is(takeAll(counters, limit), 0)
  clock.pass(1)
  t.is(takeAll(counters, limit), 1)
  clock.pass(1_000)
  t.is(takeAll(counters, limit), 10)
  clock.pass(3_600_000)
  t.is(takeAll(counters, limit), 50)
})

test('never allows more than burst + rate × t, at whole milliseconds exactly', (t) => {
  fc.assert(
    fc.property(numbers, requests(wholeWait), ({ limit, period, burst }, asked) => {
      const clock = new HandClock()
      const counters = memoryCounters(clock)
      const allowed: { at: number; cost: number }[] = []
      for (const { wait, cost } of asked) {
        clock.pass(wait)
        if (take(counters, bucket({ limit, period, burst }), 'a', cost).allowed)
          allowed.push({ at: clock.monotonic(), cost })
      }
      for (const [first, { at }] of allowed.entries()) {
        let used = 0
        for (const later of allowed.slice(first)) {
          used += later.cost
          t.true(used * period <= burst * period + limit * (later.at - at))
        }
      }
    }),
  )
})

test('never allows more than burst + rate × t between milliseconds either', (t) => {
  const wait = fc.double({ min: 0, max: 5_000, noNaN: true })
  fc.assert(
    fc.property(numbers, requests(wait), ({ limit, period, burst }, asked) => {
      const clock = new HandClock()
      const counters = memoryCounters(clock)
      let start: number | undefined
      let used = 0
      for (const { wait, cost } of asked) {
        clock.pass(wait)
        if (!take(counters, bucket({ limit, period, burst }), 'a', cost).allowed) continue
        start ??= clock.monotonic()
        used += cost
        t.true(used <= burst + (limit * (clock.monotonic() - start)) / period + 1e-6)
      }
    }),
  )
})

test('decides and counts as a bucket that is filled drop by drop', (t) => {
  fc.assert(
    fc.property(numbers, requests(wholeWait), ({ limit, period, burst }, asked) => {
      const clock = new HandClock()
      const counters = memoryCounters(clock)
      const [full, drop] = [BigInt(burst * period), BigInt(limit)]
      let level = full
      for (const { wait, cost } of asked) {
        clock.pass(wait)
        level += drop * BigInt(wait)
        if (level > full) level = full
        const fits = level >= BigInt(cost * period)
        if (fits) level -= BigInt(cost * period)
        const standing = take(counters, bucket({ limit, period, burst }), 'a', cost)
        t.is(standing.allowed, fits)
        t.is(standing.remaining, Number(level / BigInt(period)))
        t.true(Math.abs(standing.reset - Number(full - level) / limit) < 1e-6)
      }
    }),
  )
})

test('says how long to wait: that long suffices, one second less does not', (t) => {
  fc.assert(
    fc.property(numbers, requests(wholeWait), ({ limit, period, burst }, asked) => {
      const clock = new HandClock()
      const counters = memoryCounters(clock)
      for (const { wait, cost } of asked) {
        clock.pass(wait)
        const { allowed, retryAfter } = take(counters, bucket({ limit, period, burst }), 'a', cost)
        t.is(allowed, retryAfter === 0)
        if (allowed || cost > burst) continue
        const seconds = Math.ceil(retryAfter / 1_000)
        clock.pass((seconds - 1) * 1_000)
        t.false(take(counters, bucket({ limit, period, burst }), 'a', cost).allowed)
        clock.pass(1_000)
        t.true(take(counters, bucket({ limit, period, burst }), 'a', cost).allowed)
      }
    }),
  )
})

test('a refused take uses nothing', (t) => {
  const clock = new HandClock()
  const counters = memoryCounters(clock)
  const limit = bucket({ limit: 1, period: 1_000, burst: 1 })
  t.is(takeAll(counters, limit), 1)
  clock.pass(999)
  for (let i = 0; i < 100; i++) t.false(take(counters, limit).allowed)
  clock.pass(1)
  t.true(take(counters, limit).allowed)
})

test('a cost that no bucket of the size holds never fits', (t) => {
  const counters = memoryCounters(new HandClock())
  const standing = take(counters, bucket({ burst: 4 }), 'a', 5)
  t.false(standing.allowed)
  t.is(standing.retryAfter, Number.POSITIVE_INFINITY)
  t.is(standing.remaining, 4)
})

test('stays exact after a year', (t) => {
  const clock = new HandClock()
  clock.pass(365 * 86_400_000)
  const counters = memoryCounters(clock)
  const limit = bucket({ limit: 7, period: 60_000 })
  t.is(takeAll(counters, limit), 7)
  clock.pass(60_000)
  t.is(takeAll(counters, limit), 7)
  clock.pass(59_999)
  t.is(takeAll(counters, limit), 6)
})
