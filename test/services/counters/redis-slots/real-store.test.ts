/** Slots over the store that `serve` opens: a cluster, a user with few rights, a Redis that stands still. */

import test, { type ExecutionContext } from 'ava'
import { systemClock } from '../../../../src/services/clock.ts'
import { memorySlots } from '../../../../src/services/counters/memory-slots.ts'
import { RedisSlots } from '../../../../src/services/counters/redis-slots/redis-slots.ts'
import { Metrics } from '../../../../src/services/metrics.ts'
import type { RedisSettings } from '../../../../src/services/redis/settings.ts'
import { startCluster } from '../../../helpers/redis-cluster.ts'
import { until } from '../../../helpers/until.ts'
import { open, startServer } from '../../redis/stores.ts'
import { fateOf } from './nodes.ts'

/** Where Redis is to answer every time, it has as long as a busy machine may take. */
async function nodeOn(t: ExecutionContext, url: string, given: Partial<RedisSettings> = {}) {
  const { store } = await open(t, url, { deadline: 5_000, ...given })
  const metrics = new Metrics()
  const local = memorySlots(metrics)
  const slots = new RedisSlots({ store, prefix: 'portcullis', local, clock: systemClock, metrics })
  t.teardown(() => slots.close())
  const pool = slots.sharedPool('shop/all')
  const take = (key: string, queue = 5, wait = 30_000) => pool.take(key, { max: 1, queue, wait })
  return { store, pool, take, tally: metrics.slotTally('shop/all') }
}

const keys = Array.from({ length: 30 }, (_, index) => `key ${index}`)

test('the keys of a cluster are shared, whichever server has them', async (t) => {
  const { url } = await startCluster(t)
  const [a, b] = await Promise.all([nodeOn(t, url), nodeOn(t, url)])
  const held = keys.map((key) => a.take(key))
  t.deepEqual(new Set(await Promise.all(held.map(fateOf))), new Set(['held']))
  const waiting = keys.map((key) => b.take(key))
  await until(() => b.tally.waiting === keys.length)
  for (const ticket of held) ticket.giveBack()
  t.deepEqual(new Set(await Promise.all(waiting.map(fateOf))), new Set(['held']))
  t.deepEqual([a.tally.alone, b.tally.alone], [0, 0])
})

test('where one server of a cluster is gone, its keys are of each node alone, and the others are shared', async (t) => {
  const { url, nodes } = await startCluster(t, { config: ['cluster-require-full-coverage no'] })
  const [a, b] = await Promise.all([nodeOn(t, url), nodeOn(t, url)])
  for (const ticket of keys.map((key) => a.take(key))) {
    await ticket.turn
    ticket.giveBack()
  }
  await until(() => a.pool.size === 0)
  await nodes[2].kill()
  const held = keys.map((key) => a.take(key))
  t.deepEqual(new Set(await Promise.all(held.map(fateOf))), new Set(['held']))
  const fates = await Promise.all(keys.map((key) => fateOf(b.take(key, 0))))
  t.deepEqual([...new Set(fates)].sort(), ['full', 'held'])
  t.is(fates.filter((fate) => fate === 'held').length, b.tally.alone)
})

test('the rights that the documentation names are enough', async (t) => {
  const { url, admin } = await startServer(t)
  const rights = ['~portcullis:*', '+@read', '+@write', '+eval', '+evalsha', '+time']
  await admin.call('ACL', 'SETUSER', 'gate', 'on', '>secret', ...rights)
  const node = await nodeOn(t, url.replace('//', '//gate:secret@'))
  const holder = node.take('all')
  t.is(await fateOf(holder), 'held')
  const next = node.take('all')
  await until(() => node.tally.waiting === 1)
  holder.giveBack()
  t.is(await fateOf(next), 'held')
  t.is(node.tally.alone, 0)
})

test('nobody waits for a Redis that stands still, and what it was asked then keeps no slot', async (t) => {
  const server = await startServer(t)
  const [a, b] = await Promise.all([nodeOn(t, server.url), nodeOn(t, server.url, { deadline: 100 })])
  const holder = b.take('all')
  await holder.turn
  server.freeze()
  const waiting = b.take('all', 5, 400)
  t.is(await fateOf(waiting), 'over')
  t.true(b.store.isAway)
  holder.giveBack()
  const alone = b.take('all')
  t.is(await fateOf(alone), 'held')
  alone.giveBack()
  server.thaw()
  await until(() => !b.store.isAway && b.pool.size === 0)
  t.is(await fateOf(a.take('all')), 'held')
  t.is(a.tally.alone, 0)
})
