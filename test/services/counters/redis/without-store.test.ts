/** Redis is away: each limit says what holds meanwhile. */

import test from 'ava'
import type { Batch, Limit, StoreFailure } from '../../../../src/services/counters/counters.ts'
import { Metrics } from '../../../../src/services/metrics.ts'
import { HandClock } from '../../../helpers/hand-clock.ts'
import { bucket, sliding, take, takeAll } from '../limits.ts'
import { awayStore, nodeOn, startStore, watched } from './stores.ts'

const long = { period: 3_600_000 }
const limitOf = (onStoreFailure: StoreFailure, id: string = onStoreFailure): Limit =>
  bucket({ id, onStoreFailure, ...long })
const takesOf = (...limits: readonly Limit[]) => limits.map((limit) => ({ limit, key: 'a', cost: 1 }))

test('`local` counts in this node, and answers at once', (t) => {
  const counters = nodeOn(awayStore)
  t.is(takeAll(counters, limitOf('local')), 10)
  t.is(takeAll(counters, sliding({ id: 'shop/window', ...long })), 10)
})

test('`local` counts within the share of one node, rounded up', (t) => {
  const counters = nodeOn(awayStore, { nodes: 4 })
  t.is(takeAll(counters, limitOf('local')), 3)
  t.is(takeAll(counters, sliding({ id: 'shop/window', ...long })), 3)
  t.is(takeAll(counters, bucket({ id: 'shop/burst', burst: 40, ...long })), 10)
  t.is(takeAll(counters, bucket({ id: 'shop/one', limit: 1, ...long })), 1)
})

test('a share holds at least one request of the route, and never what the whole limit does not', (t) => {
  const counters = nodeOn(awayStore, { nodes: 4 })
  for (const limit of [limitOf('local'), sliding({ id: 'shop/window', ...long })]) {
    t.true(take(counters, limit, 'a', 8).allowed)
    t.false(take(counters, limit, 'a', 8).allowed)
    t.like(take(counters, limit, 'b', 11), { allowed: false, retryAfter: Infinity })
  }
})

test('`allow` lets everything pass and tells no standing, `deny` refuses for its limit', (t) => {
  const counters = nodeOn(awayStore)
  for (let i = 0; i < 20; i++)
    t.deepEqual(counters.take(takesOf(limitOf('allow'))), { allowed: true, standings: [undefined] })
  const denying = limitOf('deny')
  t.like(counters.take(takesOf(denying)), { allowed: false, unavailable: denying })
})

test('limits of one request with several modes: any `deny` refuses, and costs the local ones nothing', (t) => {
  const counters = nodeOn(awayStore)
  const [local, allow, deny] = [limitOf('local'), limitOf('allow'), limitOf('deny')]
  t.false((counters.take(takesOf(local, allow, deny)) as Batch).allowed)
  t.like(counters.take(takesOf(allow, local)), { allowed: true, standings: { 0: undefined, 1: { remaining: 9 } } })
})

test('several local limits are taken all or none', (t) => {
  const counters = nodeOn(awayStore)
  const [wide, narrow] = [limitOf('local', 'wide'), bucket({ id: 'narrow', limit: 2, ...long })]
  const answers = Array.from({ length: 5 }, () => counters.take(takesOf(wide, narrow)) as Batch)
  t.deepEqual(
    answers.map(({ allowed, standings }) => [allowed, standings[0]?.remaining]),
    [
      [true, 9],
      [true, 8],
      [false, 8],
      [false, 8],
      [false, 8],
    ],
  )
})

test('what Redis fails to answer is decided as if it were away, and counted by limit and mode', async (t) => {
  const { store: real } = await startStore(t)
  const { store, watch } = watched(real)
  const metrics = new Metrics()
  const counters = nodeOn(store, { metrics })
  watch.fails = () => true
  const answers = await Promise.all(Array.from({ length: 12 }, async () => counters.take(takesOf(limitOf('local')))))
  t.is(answers.filter(({ allowed }) => allowed).length, 10)
  t.true((await counters.take(takesOf(limitOf('allow')))).allowed)
  const { unavailable } = await counters.take(takesOf(limitOf('deny')))
  t.is(unavailable?.id, 'deny')
  for (const [mode, count] of [
    ['local', 12],
    ['allow', 1],
    ['deny', 1],
  ] as const)
    t.is(metrics.limitFallbacks.of({ limit: mode, mode }), count)
})

test('an answer that is none is not trusted', async (t) => {
  const { store: real } = await startStore(t)
  for (const reply of [null, 'OK', [], [1, 2], 0]) {
    const { watch, store } = watched({ ...real, isAway: false, run: async () => reply })
    const batch = await nodeOn(store).take(takesOf(limitOf('local')))
    t.is(watch.asked, 1)
    t.is(batch.standings[0]?.remaining, 9)
  }
})

test('who was over by Redis’s own word stays so while it is away, until the time that it told', async (t) => {
  const { store: real } = await startStore(t)
  const clock = new HandClock()
  let isAway = false
  const { store } = watched(real)
  const counters = nodeOn(
    {
      run: (script, keys, args) => store.run(script, keys, args),
      slotOf: () => 0,
      get isAway() {
        return isAway
      },
      close: async () => {},
    },
    { clock },
  )
  const limit = bucket({ limit: 10, period: 600_000 })
  for (let i = 0; i < 11; i++) await counters.take(takesOf(limit))
  isAway = true
  clock.pass(50_000)
  t.false((await counters.take(takesOf(limit))).allowed)
  clock.pass(10_000)
  t.true((await counters.take(takesOf(limit))).allowed)
})
