import test from 'ava'
import fc from 'fast-check'
import { memoryCounters } from '../../../src/services/counters/memory.ts'
import { HandClock } from '../../helpers/hand-clock.ts'
import { sliding, take, takeAll } from './limits.ts'

/** Requests that come within a segment of each other, and now and then about a period later. */
const cases = fc.constantFrom(1, 7, 500, 1_000, 6_400, 60_000).chain((period) => {
  const near = fc.integer({ min: 0, max: Math.ceil(period / 100) })
  const wait = fc.oneof(
    { weight: 8, arbitrary: near },
    fc.integer({ min: 0, max: period }),
    near.map((less) => period - less),
  )
  return fc.record({
    period: fc.constant(period),
    limit: fc.integer({ min: 1, max: 20 }),
    asked: fc.array(fc.record({ wait, cost: fc.integer({ min: 1, max: 3 }) }), { minLength: 1, maxLength: 200 }),
  })
})

/** What was used after `from`. */
const usedSince = (log: readonly { at: number; cost: number }[], from: number) =>
  log.reduce((sum, { at, cost }) => (at > from ? sum + cost : sum), 0)

test('never allows more than the limit in any window, and refuses a 64th of a window early at most', (t) => {
  fc.assert(
    fc.property(cases, ({ limit, period, asked }) => {
      const clock = new HandClock()
      const counters = memoryCounters(clock)
      const log: { at: number; cost: number }[] = []
      for (const { wait, cost } of asked) {
        clock.pass(wait)
        const now = clock.monotonic()
        const { allowed } = take(counters, sliding({ limit, period }), 'a', cost)
        if (allowed) log.push({ at: now, cost })
        if (allowed) t.true(usedSince(log, now - period) <= limit)
        else t.true(usedSince(log, now - period * (1 + 1 / 64)) + cost > limit)
      }
    }),
    { numRuns: 300 },
  )
})

test('says how long to wait: that long suffices, one second less does not', (t) => {
  fc.assert(
    fc.property(cases, ({ limit, period, asked }) => {
      const clock = new HandClock()
      const counters = memoryCounters(clock)
      for (const { wait, cost } of asked) {
        clock.pass(wait)
        const { allowed, retryAfter } = take(counters, sliding({ limit, period }), 'a', cost)
        t.is(allowed, retryAfter === 0)
        if (allowed || cost > limit) continue
        const seconds = Math.ceil(retryAfter / 1_000)
        clock.pass((seconds - 1) * 1_000)
        t.false(take(counters, sliding({ limit, period }), 'a', cost).allowed)
        clock.pass(1_000)
        t.true(take(counters, sliding({ limit, period }), 'a', cost).allowed)
      }
    }),
  )
})

test('gives back by 64ths: two uses a 64th apart leave one by one, two within it leave with the later', (t) => {
  for (const [second, isFree] of [
    [1_000, true],
    [999, false],
  ] as const) {
    const clock = new HandClock()
    const counters = memoryCounters(clock)
    const limit = sliding({ limit: 2, period: 64_000 })
    take(counters, limit)
    clock.pass(second)
    take(counters, limit)
    clock.pass(64_000 - second)
    t.is(take(counters, limit).allowed, isFree)
  }
})

test('does not allow twice the limit across the edge of a window', (t) => {
  const clock = new HandClock()
  const counters = memoryCounters(clock)
  const limit = sliding({ limit: 10, period: 60_000 })
  clock.pass(59_999)
  t.is(takeAll(counters, limit), 10)
  clock.pass(2)
  t.is(takeAll(counters, limit), 0)
  clock.pass(59_997)
  t.is(takeAll(counters, limit), 0)
  clock.pass(1)
  t.is(takeAll(counters, limit), 10)
})

test('tells what is left, and when it is whole again', (t) => {
  const clock = new HandClock()
  const counters = memoryCounters(clock)
  const limit = sliding({ limit: 3, period: 60_000 })
  t.like(take(counters, limit), { remaining: 2, reset: 60_000, retryAfter: 0 })
  clock.pass(30_000)
  t.like(take(counters, limit), { remaining: 1, reset: 60_000 })
  clock.pass(10_000)
  t.like(take(counters, limit, 'a', 2), { allowed: false, remaining: 1, reset: 50_000, retryAfter: 20_000 })
  clock.pass(20_000)
  t.like(take(counters, limit, 'a', 2), { allowed: true, remaining: 0, reset: 60_000 })
  clock.pass(30_000)
  t.like(take(counters, limit, 'a', 2), { allowed: false, remaining: 1 })
})

test('keeps 64 segments of a window and the one that leaves it, however many requests', (t) => {
  const clock = new HandClock()
  const counters = memoryCounters(clock)
  const limit = sliding({ limit: 1_000_000, period: 64_000 })
  for (let i = 0; i < 20_000; i++) {
    clock.pass(37)
    take(counters, limit)
    t.true(counters.size <= 65)
  }
})
