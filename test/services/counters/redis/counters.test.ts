import test from 'ava'
import type { Batch, Counters, Limit, Standing } from '../../../../src/services/counters/counters.ts'
import { HandClock } from '../../../helpers/hand-clock.ts'
import { bucket, sliding } from '../limits.ts'
import { atTime, nodeOn, startStore, watched } from './stores.ts'

const one = async (counters: Counters, limit: Limit, key = 'a', cost = 1): Promise<Batch> =>
  counters.take([{ limit, key, cost }])

const standing = async (counters: Counters, limit: Limit, key = 'a'): Promise<Standing> => {
  const [only] = (await one(counters, limit, key)).standings
  if (only === undefined) throw new Error('no standing')
  return only
}

/** How many of so many that come at once are allowed. */
async function atOnce(counters: Counters, count: number, limit: Limit, key = 'a'): Promise<number> {
  const batches = await Promise.all(Array.from({ length: count }, () => one(counters, limit, key)))
  return batches.filter(({ allowed }) => allowed).length
}

const long = { period: 3_600_000 }

test('counts every key and every limit by itself, whatever they are called', async (t) => {
  const { store } = await startStore(t)
  const counters = nodeOn(store)
  const keys = ['a', 'b', '', '__proto__', 'constructor', '\0', 'ä', 'a\u0308', '\ud800', '\ud801', '{a}', 'a}b{', '🙂']
  for (const key of [...keys, 'x'.repeat(1e6), 'y'.repeat(1e6)]) {
    t.is(await atOnce(counters, 15, bucket(long), key), 10, key.slice(0, 9))
    t.is(await atOnce(counters, 15, sliding({ id: 'shop/__proto__', ...long }), key), 10, key.slice(0, 9))
  }
})

test('all that come in one tick travel in one script, of at most 500 takes', async (t) => {
  const { store: real } = await startStore(t)
  const { store, watch } = watched(real)
  const counters = nodeOn(store)
  t.is(await atOnce(counters, 64, bucket({ limit: 60, ...long })), 60)
  t.is(watch.asked, 1)
  t.is(await atOnce(counters, 1_200, bucket({ id: 'shop/other', limit: 2_000, ...long })), 1_200)
  t.is(watch.asked, 4)
})

test('requests of one tick are counted one after the other, each by its own numbers', async (t) => {
  const { store } = await startStore(t)
  const counters = nodeOn(store)
  const [wide, narrow] = [bucket({ id: 'wide', limit: 5, ...long }), sliding({ id: 'narrow', limit: 2, ...long })]
  const both = () =>
    counters.take([
      { limit: wide, key: 'a', cost: 1 },
      { limit: narrow, key: 'b', cost: 1 },
    ])
  const answers = await Promise.all([both(), both(), both(), one(counters, wide, 'a', 3), one(counters, wide)])
  t.deepEqual(
    answers.map(({ allowed }) => allowed),
    [true, true, false, true, false],
  )
  t.like(answers[2], { standings: { 0: { limit: wide, remaining: 3, retryAfter: 0 }, 1: { limit: narrow } } })
  t.is(answers[2]?.standings[1]?.remaining, 0)
})

test('what costs more than there can ever be is refused, and used nothing', async (t) => {
  const { store } = await startStore(t)
  const counters = nodeOn(store)
  for (const limit of [bucket(long), sliding({ id: 'shop/window', ...long })]) {
    const { allowed, standings } = await one(counters, limit, 'a', 11)
    t.false(allowed)
    t.like(standings[0], { remaining: 10, reset: 0, retryAfter: Infinity })
    t.true((await one(counters, limit, 'a', 10)).allowed)
  }
})

for (const limit of [bucket({ limit: 3, period: 10_000 }), sliding({ limit: 3, period: 10_000 })]) {
  test(`a ${limit.algorithm} refuses until its Retry-After to the millisecond, and then no more`, async (t) => {
    const { store } = await startStore(t)
    let now = 1_700_000_000_123
    const asking = nodeOn(
      atTime(store, () => now),
      { clock: { now: () => 0, monotonic: () => now * 1e6 } },
    )
    t.is(await atOnce(asking, 3, limit), 3)
    const { retryAfter } = await standing(asking, limit)
    t.is(retryAfter, limit.algorithm === 'token-bucket' ? 3_334 : 10_000)
    now += retryAfter - 1
    t.is((await standing(asking, limit)).retryAfter, 1)
    now += 1
    t.true((await one(asking, limit)).allowed)
  })
}

test('names hold nothing of the client, share the slot of a client, and expire when they are whole again', async (t) => {
  const { store, redis } = await startStore(t)
  const counters = nodeOn(store, { prefix: 'shop' })
  const limits = [bucket({ limit: 4, period: 60_000 }), sliding({ id: 'shop/window', period: 60_000 })]
  await counters.take(limits.map((limit) => ({ limit, key: 'user:5:shopAlice', cost: 1 })))
  const keys = await redis.keys('*')
  t.is(keys.length, 2)
  for (const key of keys) t.regex(key, /^shop:limit:\{[\w-]{22}\}:[\w-]{22}$/)
  t.is(new Set(keys.map((key) => key.slice(0, key.indexOf('}')))).size, 1)
  const left = await Promise.all(keys.map((key) => redis.pttl(key)))
  const [soon = 0, late = 0] = left.sort((a, b) => a - b)
  t.true(soon > 5_000 && soon <= 15_000, `${soon}`)
  t.true(late > 50_000 && late <= 60_000, `${late}`)
})

test('a window keeps a bounded string, however it is used', async (t) => {
  const { store, redis } = await startStore(t)
  let now = 1_700_000_000_000
  const counters = nodeOn(
    atTime(store, () => now),
    { clock: { now: () => 0, monotonic: () => now * 1e6 } },
  )
  const limit = sliding({ limit: 1e6, period: 640_000 })
  for (let i = 0; i < 1_000; i++) {
    now += 1_703
    await one(counters, limit, 'a', 1_000)
  }
  const [key = ''] = await redis.keys('*')
  t.true((await redis.strlen(key)) <= 25 + 64 * 12)
})

test('SCRIPT FLUSH loses no decision; FLUSHALL is a fresh count', async (t) => {
  const { store, redis } = await startStore(t)
  const counters = nodeOn(store)
  t.is(await atOnce(counters, 6, bucket(long)), 6)
  await redis.script('FLUSH')
  t.is(await atOnce(counters, 4, bucket(long)), 4)
  await redis.flushall()
  t.is(await atOnce(counters, 12, bucket(long)), 10)
})

test('what another version or another program wrote counts as nothing', async (t) => {
  const { store, redis } = await startStore(t)
  const counters = nodeOn(store)
  await one(counters, bucket(long))
  const [key = ''] = await redis.keys('*')
  for (const other of ['', '\x07', '\x01short', '\x02', 'x'.repeat(33)]) {
    await redis.set(key, other)
    t.is((await standing(counters, bucket(long))).remaining, 9, other)
  }
  await redis.del(key)
  await redis.lpush(key, 'a list')
  t.is((await standing(counters, bucket(long))).remaining, 9)
})

test('another algorithm takes along what is in use', async (t) => {
  const { store } = await startStore(t)
  const counters = nodeOn(store)
  t.is(await atOnce(counters, 4, bucket(long)), 4)
  t.is(await atOnce(counters, 9, sliding(long)), 6)
  t.is((await standing(counters, bucket(long))).retryAfter > 0, true)
  t.is(await atOnce(counters, 9, bucket({ ...long, limit: 12 })), 2)
})

test('a change of numbers forgives no part of a unit', async (t) => {
  const { store } = await startStore(t)
  let now = 1_700_000_000_000
  const counters = nodeOn(atTime(store, () => now))
  const [coarse, fine] = [
    bucket({ limit: 1, period: 1, burst: 20 }),
    bucket({ limit: 1, period: 1_000_000, burst: 20 }),
  ]
  t.is((await one(counters, fine, 'a', 10)).standings[0]?.remaining, 10)
  now += 1
  t.is((await one(counters, coarse)).standings[0]?.remaining, 9)
})

test('numbers at the end of their ranges are counted one by one', async (t) => {
  const { store } = await startStore(t)
  let now = 1_700_000_000_000
  const counters = nodeOn(
    atTime(store, () => now),
    { clock: { now: () => 0, monotonic: () => now * 1e6 } },
  )
  const day = 86_400_000
  for (const limit of [999_999_937, 1e9, 1]) {
    const vast = bucket({ id: `vast/${limit}`, limit, period: day, burst: 1e9 })
    t.true((await one(counters, vast, 'a', 999_999_998)).allowed)
    t.is((await standing(counters, vast)).remaining, 1)
    t.is((await standing(counters, vast)).remaining, 0)
    const { retryAfter } = await standing(counters, vast)
    t.is(retryAfter, limit === 1 ? day : 1)
    now += retryAfter
    t.true((await one(counters, vast)).allowed)
    const never = bucket({ id: `never/${limit}`, limit, period: 999_999_999 * day, burst: 1e9 })
    t.true((await one(counters, never, 'a', 1e9)).allowed)
    t.false((await one(counters, never)).allowed)
    const window = sliding({ id: `window/${limit}`, limit: 1e9, period: 999_999_999 * day })
    t.true((await one(counters, window, 'a', 1e9)).allowed)
    t.false((await one(counters, window)).allowed)
  }
})

test('a client that Redis refused is refused without asking until it would be served, unless it asks for less', async (t) => {
  const { store: real } = await startStore(t)
  const clock = new HandClock()
  const { store, watch } = watched(atTime(real, () => 1_700_000_000_000 + clock.monotonic()))
  const counters = nodeOn(store, { clock })
  const limit = bucket({ limit: 10, period: 40_000 })
  t.true((await one(counters, limit, 'a', 8)).allowed)
  t.like((await one(counters, limit, 'a', 3)).standings[0], { remaining: 2, reset: 32_000, retryAfter: 4_000 })
  watch.asked = 0
  clock.pass(1_000)
  t.like(await one(counters, limit, 'a', 3), {
    allowed: false,
    standings: { 0: { limit, remaining: 2, reset: 31_000, retryAfter: 3_000 } },
  })
  t.false((await one(counters, limit, 'a', 4)).allowed)
  t.is(watch.asked, 0)
  t.true((await one(counters, limit, 'a', 2)).allowed)
  t.true((await one(counters, limit, 'b', 3)).allowed)
  t.false((await one(counters, { ...limit }, 'a', 3)).allowed)
  t.is(watch.asked, 3)
})

test('a client that is known to be over costs the other limits of its request nothing', async (t) => {
  const { store: real } = await startStore(t)
  const { store, watch } = watched(real)
  const counters = nodeOn(store)
  const [wide, narrow] = [bucket({ id: 'wide', ...long }), bucket({ id: 'narrow', limit: 1, ...long })]
  await atOnce(counters, 2, narrow)
  watch.asked = 0
  const batch = await counters.take([
    { limit: wide, key: 'a', cost: 1 },
    { limit: narrow, key: 'a', cost: 1 },
  ])
  t.like(batch, { allowed: false, standings: { 0: undefined, 1: { limit: narrow } } })
  t.is(watch.asked, 0)
  t.is((await standing(counters, wide)).remaining, 9)
})

test('Redis may forget: within five seconds it is asked again for who was over', async (t) => {
  const { store, redis } = await startStore(t)
  const clock = new HandClock()
  const counters = nodeOn(store, { clock })
  const limit = bucket(long)
  t.is(await atOnce(counters, 11, limit), 10)
  await redis.flushall()
  clock.pass(4_999)
  t.false((await one(counters, limit)).allowed)
  clock.pass(1)
  t.true((await one(counters, limit)).allowed)
})
