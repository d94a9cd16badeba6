import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'ava'
import fc from 'fast-check'
import type { Batch } from '../../../src/services/counters/counters.ts'
import { memoryCounters } from '../../../src/services/counters/memory.ts'
import { HandClock } from '../../helpers/hand-clock.ts'
import { bucket, sliding, take, takeAll } from './limits.ts'

test('counts every key and every limit by itself', (t) => {
  const counters = memoryCounters(new HandClock())
  for (const key of ['a', 'b', '', '__proto__', 'constructor', '\0', 'ä', 'a\u0308']) {
    t.is(takeAll(counters, bucket(), key), 10, key)
    t.is(takeAll(counters, sliding({ id: 'shop/other' }), key), 10, key)
  }
})

test('takes all of a batch or nothing', (t) => {
  const algorithm = fc.constantFrom('token-bucket' as const, 'sliding-window' as const)
  const limits = fc.array(fc.record({ algorithm, limit: fc.integer({ min: 1, max: 8 }) }), {
    minLength: 2,
    maxLength: 4,
  })
  const requests = fc.array(
    fc.record({ wait: fc.integer({ min: 0, max: 9_000 }), cost: fc.integer({ min: 1, max: 3 }) }),
  )
  fc.assert(
    fc.property(limits, requests, (given, asked) => {
      const clock = new HandClock()
      const [together, apart] = [memoryCounters(clock), memoryCounters(clock)]
      const batch = given.map((numbers, i) => bucket({ ...numbers, id: `shop/${i}`, burst: numbers.limit }))
      for (const { wait, cost } of asked) {
        clock.pass(wait)
        const takes = batch.map((limit) => ({ limit, key: 'a', cost }))
        const { allowed, standings } = together.take(takes)
        t.is(
          allowed,
          standings.every((standing) => standing?.retryAfter === 0),
        )
        if (allowed) for (const one of takes) t.true(apart.take([one]).allowed)
        // Whatever was refused left no trace: the others stand as if it had never been asked.
        const after = takes.map((one) => apart.take([{ ...one, cost: 100 }]).standings[0]?.remaining)
        t.deepEqual(
          standings.map((standing) => standing?.remaining),
          after,
        )
      }
    }),
  )
})

test('answers for each take of a refused batch whether it would have fitted', (t) => {
  const counters = memoryCounters(new HandClock())
  const [wide, narrow] = [bucket({ id: 'wide' }), bucket({ id: 'narrow', limit: 1 })]
  const both = () =>
    counters.take([
      { limit: wide, key: 'a', cost: 1 },
      { limit: narrow, key: 'a', cost: 1 },
    ]) as Batch
  t.true(both().allowed)
  t.like(both(), {
    allowed: false,
    standings: { 0: { limit: wide, remaining: 9, retryAfter: 0 }, 1: { limit: narrow, retryAfter: 60_000 } },
  })
})

test('a change of plan takes along what was used, whichever way it goes', (t) => {
  const clock = new HandClock()
  const counters = memoryCounters(clock)
  const [free, pro] = [bucket({ limit: 60 }), bucket({ limit: 600 })]
  t.is(takeAll(counters, free), 60)
  t.is(takeAll(counters, pro), 540)
  t.is(takeAll(counters, free), 0)
  t.is(take(counters, pro).allowed, false)
  clock.pass(60_000)
  t.is(takeAll(counters, free), 60)
})

test('no changing to and fro between plans allows more than the better of them', (t) => {
  const pace = fc.array(fc.record({ wait: fc.integer({ min: 0, max: 2_000 }), isPro: fc.boolean() }), {
    maxLength: 300,
  })
  const plans = fc.constantFrom(
    [bucket({ limit: 6 }), bucket({ limit: 60 })] as const,
    [sliding({ limit: 6 }), sliding({ limit: 60 })] as const,
    [bucket({ limit: 6, burst: 60 }), bucket({ limit: 60, burst: 5 })] as const,
  )
  fc.assert(
    fc.property(plans, pace, ([free, pro], asked) => {
      const clock = new HandClock()
      const counters = memoryCounters(clock)
      let used = 0
      for (const { wait, isPro } of asked) {
        clock.pass(wait)
        if (take(counters, isPro ? pro : free).allowed) used++
        t.true(used <= Math.max(free.burst, pro.burst) + (60 * clock.monotonic()) / 60_000)
      }
      t.is(counters.size > 0, used > 0)
    }),
  )
})

test('a limit whose numbers change under its name keeps what was used', (t) => {
  const changes = [
    [bucket({ limit: 10 }), bucket({ limit: 20 }), 10],
    [bucket({ limit: 10 }), bucket({ limit: 10, period: 3_600_000 }), 0],
    [bucket({ limit: 10 }), bucket({ limit: 10, burst: 15 }), 5],
    [sliding({ limit: 10 }), sliding({ limit: 12 }), 2],
    [bucket({ limit: 10 }), sliding({ limit: 11 }), 1],
    [sliding({ limit: 10 }), bucket({ limit: 11 }), 1],
  ] as const
  for (const [before, after, left] of changes) {
    const counters = memoryCounters(new HandClock())
    t.is(takeAll(counters, before), 10)
    t.is(takeAll(counters, after), left)
  }
})

test('holds the same limit under two names apart', (t) => {
  const counters = memoryCounters(new HandClock())
  t.is(takeAll(counters, bucket({ id: 'shop/GET /a/user' })), 10)
  t.is(takeAll(counters, bucket({ id: 'shop/GET /b/user' })), 10)
})

test('counts on monotonic time: a step of the wall clock changes nothing', (t) => {
  let wall = 1_700_000_000_000
  const counters = memoryCounters({ now: () => wall, monotonic: () => 5 })
  t.is(takeAll(counters, bucket()), 10)
  wall += 86_400_000
  t.is(takeAll(counters, bucket()), 0)
  wall = 0
  t.is(takeAll(counters, bucket()), 0)
})

for (const limit of [bucket({ limit: 1_000 }), sliding({ limit: 1_000 })]) {
  test(`${limit.algorithm}: never holds more keys than the bound`, (t) => {
    const counters = memoryCounters(new HandClock(), { maxKeys: 1_000 })
    for (let i = 0; i < 20_000; i++) {
      t.true(take(counters, limit, `k${i}`).allowed)
      t.true(counters.size <= 1_000)
    }
  })

  test(`${limit.algorithm}: a flood of new keys does not forgive the keys that are used up`, (t) => {
    const clock = new HandClock()
    const counters = memoryCounters(clock, { maxKeys: 1_000 })
    const usedUp = Array.from({ length: 50 }, (_, i) => `victim${i}`)
    for (const key of usedUp) {
      for (let i = 0; i < 100; i++) {
        clock.pass(0.001)
        take(counters, limit, key, 10)
      }
    }
    clock.pass(1)
    for (let i = 0; i < 20_000; i++) take(counters, { ...limit, id: 'shop/flood', period: 1_000 }, `k${i}`)
    for (const key of usedUp) t.false(take(counters, limit, key, 10).allowed, key)
  })

  test(`${limit.algorithm}: forgets keys that are whole again, a few at a time`, (t) => {
    const clock = new HandClock()
    const counters = memoryCounters(clock)
    for (let i = 0; i < 20_000; i++) take(counters, limit, `k${i}`)
    t.is(counters.size, 20_000)
    clock.pass(60_001)
    let before = counters.size
    for (let i = 0; i < 20_000; i++) {
      take(counters, limit, 'one')
      t.true(before - counters.size <= 2)
      before = counters.size
    }
    t.true(counters.size <= 1_000)
  })

  test(`${limit.algorithm}: keys that come and go are not held much longer than they count`, (t) => {
    const clock = new HandClock()
    const counters = memoryCounters(clock)
    const lifetime = limit.algorithm === 'sliding-window' ? 60_000 : 60
    for (let i = 0; i < 100_000; i++) {
      clock.pass(lifetime / 1_000)
      take(counters, limit, `k${i}`)
      t.true(counters.size <= 2_100)
    }
  })
}

test('forgets in the end also the keys that came back when they were whole', (t) => {
  const clock = new HandClock()
  const counters = memoryCounters(clock)
  for (let round = 0; round < 3; round++) {
    clock.pass(60_001)
    for (let i = 0; i < 5_000; i++) take(counters, sliding(), `k${4_999 - i}`)
  }
  clock.pass(60_001)
  for (let i = 0; i < 10_000; i++) take(counters, sliding({ limit: 1_000_000 }), 'one')
  t.true(counters.size <= 1_000)
})

test('a key that comes back after its cell was given to another starts whole', (t) => {
  const clock = new HandClock()
  const counters = memoryCounters(clock, { maxKeys: 4 })
  const limit = sliding({ limit: 2 })
  const keys = fc.array(
    fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), wait: fc.integer({ min: 0, max: 40_000 }) }),
  )
  fc.assert(
    fc.property(keys, (asked) => {
      for (const { key, wait } of asked) {
        clock.pass(wait)
        const { remaining, allowed } = take(counters, limit, key)
        t.true(remaining >= 0 && remaining <= 2 && (allowed || remaining === 0))
        t.true(counters.size <= 4)
      }
      clock.pass(60_000)
      t.is(takeAll(counters, limit, 'a'), 2)
    }),
  )
})

test('keeps a batch that is larger than the bound', (t) => {
  const counters = memoryCounters(new HandClock(), { maxKeys: 1 })
  const takes = [1, 2, 3].map((i) => ({ limit: bucket({ id: `shop/${i}`, limit: 1 }), key: 'a', cost: 1 }))
  t.true(counters.take(takes).allowed)
})

test('keeps long keys apart, in bounded room', async (t) => {
  const counters = memoryCounters(new HandClock())
  const long = 'x'.repeat(100_000)
  t.is(takeAll(counters, bucket(), `${long}1`), 10)
  t.is(takeAll(counters, bucket(), `${long}2`), 10)
  t.is(takeAll(counters, bucket(), `${long}1`), 0)
  t.is(takeAll(counters, bucket(), `${long}\ud800`), 10)
  t.is(takeAll(counters, bucket(), `${long}\udc00`), 10)
  const held = await inChild(`for (let i = 0; i < 2_000; i++) take('x'.repeat(50_000) + i)`)
  t.true(held.bytes < 2_000_000, `${held.bytes} bytes`)
})

for (const algorithm of ['token-bucket', 'sliding-window']) {
  test(`${algorithm}: 100,000 keys take less than 9 MB, and no timer`, async (t) => {
    const keys = `for (let i = 0; i < 100_000; i++) take('ip:10.' + (i >> 16) + '.' + ((i >> 8) & 255) + '.' + (i & 255))`
    const { bytes, size, resources } = await inChild(keys, algorithm)
    t.is(size, 100_000)
    t.true(bytes < 9_000_000, `${bytes} bytes`)
    t.deepEqual(resources, [])
  })
}

interface Held {
  readonly bytes: number
  readonly size: number
  readonly resources: readonly string[]
}

/** Runs takes in a process of its own, which has to end by itself; answers what they left behind. */
async function inChild(body: string, algorithm = 'token-bucket'): Promise<Held> {
  const source = new URL('../../../src/services/counters/memory.ts', import.meta.url)
  const script = `
    const { memoryCounters } = await import(${JSON.stringify(source.href)})
    const counters = memoryCounters({ now: () => 0, monotonic: () => 0 })
    const limit = { id: 'shop/ip', algorithm: '${algorithm}', limit: 100, period: 60_000, burst: 100 }
    const take = (key) => counters.take([{ limit, key, cost: 1 }])
    take('warm')
    const held = () => { gc(); const { heapUsed, arrayBuffers } = process.memoryUsage(); return heapUsed + arrayBuffers }
    const before = held()
    ${body}
    const bytes = held() - before
    const resources = process.getActiveResourcesInfo().filter((name) => name === 'Timeout' || name === 'Immediate')
    const text = JSON.stringify({ bytes, size: counters.size - 1, resources })
    process.stdout.write(text)`
  const args = ['--expose-gc', '--input-type=module', '--eval', script]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 40_000 })
  return JSON.parse(stdout) as Held
}

test('tells what is left in whole units, at whatever fraction of a millisecond', (t) => {
  const clock = new HandClock()
  const counters = memoryCounters(clock)
  for (let call = 0; call < 1_000; call++) {
    clock.pass(1_234.567_891)
    const { remaining, reset } = take(counters, bucket({ limit: 3 }), `key ${call}`)
    t.deepEqual({ remaining, reset }, { remaining: 2, reset: 20_000 })
  }
})
