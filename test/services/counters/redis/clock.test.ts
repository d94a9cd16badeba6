/** Redis's clock jumps, as after a failover to a machine with another one. */

import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import type { Batch, Limit } from '../../../../src/services/counters/counters.ts'
import { bucket, sliding } from '../limits.ts'
import { atTime, nodeOn, startStore } from './stores.ts'

const period = 640_000
const limits = [bucket({ limit: 10, period }), sliding({ limit: 10, period })]

async function startClock(t: ExecutionContext) {
  const { store } = await startStore(t)
  let readings = 0
  const clock = { now: 0 }
  const runaway = { now: () => 0, monotonic: () => readings++ * 1e9 }
  const counters = nodeOn(
    atTime(store, () => clock.now),
    { clock: runaway },
  )
  const one = async (limit: Limit, key = 'a'): Promise<Batch> => counters.take([{ limit, key, cost: 1 }])
  const all = async (limit: Limit, key = 'a'): Promise<number> => {
    let taken = 0
    while ((await one(limit, key)).allowed) taken++
    return taken
  }
  return { clock, one, all }
}

for (const limit of limits) {
  test(`back: a ${limit.algorithm} forgets nothing, and locks nobody out for longer than its period`, async (t) => {
    const { clock, one, all } = await startClock(t)
    clock.now = 1_700_000_000_000
    t.is(await all(limit), 10)
    clock.now -= 10 * 365 * 86_400_000
    const { allowed, standings } = await one(limit)
    t.false(allowed)
    const [{ reset = 0, retryAfter = 0 } = {}] = standings
    t.is(reset, period)
    t.is(retryAfter, limit.algorithm === 'token-bucket' ? period / 10 : period)
    clock.now += retryAfter - 1
    t.false((await one(limit)).allowed)
    clock.now += 1
    t.true((await one(limit)).allowed)
    clock.now += period
    t.is(await all(limit), 10)
  })

  test(`ahead: a ${limit.algorithm} gives no more than what is due for that time`, async (t) => {
    const { clock, all } = await startClock(t)
    clock.now = 1_700_000_000_000
    t.is(await all(limit), 10)
    clock.now += period / 2
    t.is(await all(limit), limit.algorithm === 'token-bucket' ? 5 : 0)
    clock.now += 10 * 365 * 86_400_000
    t.is(await all(limit), 10)
  })

  test(`back and ahead at random: a ${limit.algorithm} allows no more than the time that was added up`, async (t) => {
    const { clock, one } = await startClock(t)
    const jumps = fc.array(fc.integer({ min: -period, max: period }), { minLength: 1, maxLength: 60 })
    let key = 0
    await fc.assert(
      fc.asyncProperty(jumps, async (given) => {
        clock.now = 1_700_000_000_000
        key++
        let [forward, taken] = [0, 0]
        for (const jump of given) {
          clock.now += jump
          forward += Math.max(0, jump)
          if ((await one(limit, `${key}`)).allowed) taken++
        }
        // A window may be filled once for each period that passed, and once more.
        t.true(taken <= limit.limit * (limit.algorithm === 'token-bucket' ? 1 : 2) + (forward * limit.limit) / period)
      }),
      { numRuns: 50 },
    )
  })
}

test('back: each use of a window keeps its distance to the others', async (t) => {
  const { clock, one } = await startClock(t)
  const limit = sliding({ limit: 2, period })
  clock.now = 1_700_000_000_000
  t.true((await one(limit)).allowed)
  clock.now += period / 2
  t.true((await one(limit)).allowed)
  clock.now -= period * 3
  t.is((await one(limit)).standings[0]?.retryAfter, period / 2)
})
