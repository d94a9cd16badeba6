/** The takes of one request in several slots of a cluster. */

import test, { type ExecutionContext } from 'ava'
import type { Batch, Counters, Limit, StoreFailure } from '../../../../src/services/counters/counters.ts'
import { giveBackScript } from '../../../../src/services/counters/redis/give-back-script.ts'
import { Metrics } from '../../../../src/services/metrics.ts'
import { until } from '../../../helpers/until.ts'
import { bucket, sliding } from '../limits.ts'
import { atTime, nodeOn, startStore, watched } from './stores.ts'

/** Each client has a slot of its own, numbered as they come: what stands in braces. */
function slotsByClient() {
  const slots: string[] = []
  return (name: string): number => {
    const client = name.slice(name.indexOf('{'), name.indexOf('}'))
    if (!slots.includes(client)) slots.push(client)
    return slots.indexOf(client)
  }
}

async function startCluster(t: ExecutionContext) {
  const { store: real } = await startStore(t)
  const [time, slotOf] = [{ now: 1_700_000_000_000 }, slotsByClient()]
  const { store, watch } = watched(
    atTime(real, () => time.now),
    { slotOf },
  )
  const metrics = new Metrics()
  let readings = 0
  const runaway = { now: () => 0, monotonic: () => readings++ * 1e9 }
  return { counters: nodeOn(store, { metrics, clock: runaway }), watch, metrics, time, slotOf }
}

const long = { period: 3_600_000 }
const one = async (counters: Counters, limit: Limit, key = 'a'): Promise<Batch> =>
  counters.take([{ limit, key, cost: 1 }])

const twoOf = (wide: Limit, narrow: Limit) => [
  { limit: wide, key: 'client', cost: 2 },
  { limit: narrow, key: 'all', cost: 1 },
]

test('each slot is asked by itself, and all must allow', async (t) => {
  const { counters, watch } = await startCluster(t)
  const takes = twoOf(bucket({ id: 'wide', ...long }), sliding({ id: 'narrow', limit: 2, ...long }))
  const [first, second] = await Promise.all([counters.take(takes), counters.take(takes)])
  t.is(watch.asked, 2)
  t.like(first, { allowed: true, standings: { 0: { remaining: 8 }, 1: { remaining: 1 } } })
  t.like(second, { allowed: true, standings: { 0: { remaining: 6 }, 1: { remaining: 0 } } })
})

for (const wide of [bucket({ id: 'wide', ...long }), sliding({ id: 'wide', ...long })]) {
  test(`what a ${wide.algorithm} took for a request that another slot refused is given back`, async (t) => {
    const { counters, watch } = await startCluster(t)
    const narrow = sliding({ id: 'narrow', limit: 1, ...long })
    t.true((await counters.take(twoOf(wide, narrow))).allowed)
    watch.answered = 0
    const refused = await counters.take(twoOf(wide, narrow))
    t.like(refused, { allowed: false, standings: { 0: { retryAfter: 0 }, 1: { remaining: 0 } } })
    await until(() => watch.answered === 3)
    t.is((await one(counters, wide, 'client')).standings[0]?.remaining, 7)
  })
}

test('a window has units back in the segment that they were taken from, and in no other', async (t) => {
  const { store, redis } = await startStore(t)
  const start = 1_700_000_000_000
  let now = start
  const held = atTime(store, () => now)
  const counters = nodeOn(held)
  const limit = sliding({ period: 64_000 })
  const remaining = async () => (await counters.take([{ limit, key: 'a', cost: 1 }])).standings[0]?.remaining
  t.is(await remaining(), 9)
  t.is(await remaining(), 8)
  now += 1_000
  t.is(await remaining(), 7)
  const keys = await redis.keys('*')
  await held.run(giveBackScript, keys, [start - 1_000, 2])
  t.is(await remaining(), 6)
  await held.run(giveBackScript, keys, [start, 5])
  t.is(await remaining(), 7)
  // What was used a segment later is counted until its own time is over.
  now = start + 64_000
  t.is(await remaining(), 6)
  await held.run(giveBackScript, keys, [start + 1_000, 1])
  t.is(await remaining(), 6)
  now = start + 65_000
  t.is(await remaining(), 7)
})

const failing = (onStoreFailure: StoreFailure, id = 'wide') => bucket({ id, onStoreFailure, ...long })

test('one slot that does not answer is decided by its own limits, and the others are charged', async (t) => {
  const { counters, watch, metrics, slotOf } = await startCluster(t)
  const narrow = bucket({ id: 'narrow', limit: 100, ...long })
  await one(counters, narrow, 'all')
  watch.fails = (name) => slotOf(name) > 0
  for (const mode of ['local', 'allow'] as const) {
    const batch = await counters.take(twoOf(failing(mode), narrow))
    t.true(batch.allowed)
    t.is(batch.standings[0]?.remaining, mode === 'local' ? 8 : undefined)
    t.is(metrics.limitFallbacks.of({ limit: 'wide', mode }), 1)
  }
  t.is((await one(counters, narrow, 'all')).standings[0]?.remaining, 96)
})

test('where one slot does not answer and its limit refuses, the others have their units back', async (t) => {
  const { counters, watch, slotOf } = await startCluster(t)
  const narrow = bucket({ id: 'narrow', limit: 100, ...long })
  await one(counters, narrow, 'all')
  watch.fails = (name) => slotOf(name) > 0
  watch.answered = 0
  const { allowed, unavailable } = await counters.take(twoOf(failing('deny'), narrow))
  t.false(allowed)
  t.is(unavailable?.id, 'wide')
  await until(() => watch.answered === 2)
  t.is((await one(counters, narrow, 'all')).standings[0]?.remaining, 98)
})

test('where a slot refuses, what does not answer is not counted locally either', async (t) => {
  const { counters, watch, metrics, slotOf } = await startCluster(t)
  const narrow = bucket({ id: 'narrow', limit: 1, ...long })
  await one(counters, narrow, 'all')
  watch.fails = (name) => slotOf(name) > 0
  const batch = await counters.take(twoOf(failing('local'), narrow))
  t.like(batch, { allowed: false, standings: { 0: undefined, 1: { remaining: 0 } } })
  t.is(metrics.limitFallbacks.of({ limit: 'wide', mode: 'local' }), 0)
})
