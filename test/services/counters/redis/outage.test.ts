/** Limits through outages of a real Redis, by the store that `serve` opens: never one over what was promised, then exact again. */

import test, { type ExecutionContext } from 'ava'
import { systemClock } from '../../../../src/services/clock.ts'
import type { Batch, Counters, Limit, StoreFailure } from '../../../../src/services/counters/counters.ts'
import { freeze } from '../../../helpers/freeze.ts'
import { startCluster } from '../../../helpers/redis-cluster.ts'
import { until } from '../../../helpers/until.ts'
import { type Opened, open, pidOf, startServer } from '../../redis/stores.ts'
import { bucket, sliding } from '../limits.ts'
import { nodeOn } from './stores.ts'

const long = { period: 3_600_000 }

interface Node extends Opened {
  readonly counters: Counters
}

async function openNode(t: ExecutionContext, url: string, nodes = 2): Promise<Node> {
  const opened = await open(t, url)
  const { world, store } = opened
  return { ...opened, counters: nodeOn(store, { clock: systemClock, metrics: world.metrics, nodes }) }
}

const openNodes = (t: ExecutionContext, url: string): Promise<readonly Node[]> =>
  Promise.all([1, 2].map(() => openNode(t, url)))

const takeOf = async ({ counters }: Node, limit: Limit, key: string): Promise<Batch> =>
  counters.take([{ limit, key, cost: 1 }])

/** How many of so many takes at once, over all nodes in turn, are allowed. */
async function allowedOf(nodes: readonly Node[], limit: Limit, { count = 200, key = 'a' } = {}): Promise<number> {
  const asked = Array.from({ length: count }, (_, index) => takeOf(nodes[index % nodes.length] as Node, limit, key))
  return (await Promise.all(asked)).filter(({ allowed }) => allowed).length
}

const areBack = (nodes: readonly Node[]) => until(() => nodes.every(({ store }) => !store.isAway))
const turn = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

for (const limitOf of [bucket, sliding])
  test(`${limitOf === bucket ? 'token-bucket' : 'sliding-window'}: \`deny\` through a freeze under load allows never one over the limit`, async (t) => {
    const { url, admin } = await startServer(t)
    const nodes = await openNodes(t, url)
    const limit = limitOf({ onStoreFailure: 'deny', limit: 300, ...long })
    let allowed = await allowedOf(nodes, limit, { count: 100 })
    t.is(allowed, 100)
    const thaw = freeze(t, await pidOf(admin))
    const ends = performance.now() + 2_500
    while (performance.now() < ends) {
      allowed += await allowedOf(nodes, limit, { count: 20 })
      await turn(10)
    }
    t.is(allowed, 100)
    thaw()
    await areBack(nodes)
    while (true) {
      const more = await allowedOf(nodes, limit, { count: 20 })
      allowed += more
      if (more === 0) break
    }
    const lost = nodes.reduce(
      (sum, { world }) => sum + world.metrics.limitFallbacks.of({ limit: limit.id, mode: 'deny' }),
      0,
    )
    t.true(allowed <= 300, `${allowed}`)
    // What Redis was asked before it was known to be frozen may have been counted when it went on.
    t.true(allowed >= 300 - Math.min(lost, 200), `${allowed}, ${lost} lost`)
  })

test('`local` through a freeze allows each node its share, once, and the limit is shared again afterwards', async (t) => {
  const { url, admin } = await startServer(t)
  const nodes = await openNodes(t, url)
  const limit = bucket({ limit: 100, ...long })
  t.is(await allowedOf(nodes, limit), 100)
  t.is(await allowedOf(nodes, limit), 0)
  const thaw = freeze(t, await pidOf(admin))
  // Whoever was refused by Redis is refused without it.
  t.is(await allowedOf(nodes, limit), 0)
  // Of another client each node knows nothing, and lets its half through.
  t.is(await allowedOf(nodes, limit, { key: 'b' }), 100)
  t.true(nodes.every(({ store }) => store.isAway))
  t.is(await allowedOf(nodes, limit, { key: 'b' }), 0)
  thaw()
  await areBack(nodes)
  t.is(await allowedOf(nodes, limit, { key: 'c' }), 100)
})

test('every take is decided while Redis is frozen, killed, and not there at the start', async (t) => {
  const { url, admin, kill, start } = await startServer(t)
  const nodes = await openNodes(t, url)
  const modes: readonly StoreFailure[] = ['local', 'allow', 'deny']
  const limits = modes.map((onStoreFailure) => bucket({ id: onStoreFailure, onStoreFailure, limit: 10, ...long }))
  const decide = () =>
    Promise.all(limits.map((limit, index) => allowedOf(nodes, limit, { count: 40, key: `k${index}` })))
  freeze(t, await pidOf(admin))
  t.deepEqual(await decide(), [10, 40, 0])
  await kill()
  await until(() => nodes.every(({ store }) => store.isAway))
  const late = await openNode(t, url, 1)
  t.deepEqual(await decide(), [0, 40, 0])
  t.is(await allowedOf([late], limits[0] as Limit, { count: 40 }), 10)
  await start()
  await areBack([...nodes, late])
  t.is(await allowedOf([...nodes, late], limits[0] as Limit, { count: 40, key: 'fresh' }), 10)
  for (const mode of modes)
    for (const { world } of nodes) t.true(world.metrics.limitFallbacks.of({ limit: mode, mode }) >= 20)
})

test('a server that is flushed begins anew, and at most once', async (t) => {
  const { url, admin } = await startServer(t)
  const nodes = await openNodes(t, url)
  const limit = bucket({ limit: 100, ...long })
  t.is(await allowedOf(nodes, limit), 100)
  await admin.flushall()
  // Who was refused is believed to be over for some seconds; others are counted at once.
  t.is(await allowedOf(nodes, limit, { key: 'b' }), 100)
  t.is(await allowedOf(nodes, limit, { key: 'b' }), 0)
})

test('in a cluster one server that is gone is decided about alone, and the others count exactly', async (t) => {
  const cluster = await startCluster(t)
  const nodes = await openNodes(t, cluster.url)
  const limit = bucket({ limit: 20, onStoreFailure: 'deny', ...long })
  const clients = Array.from({ length: 30 }, (_, index) => `client ${index}`)
  for (const key of clients) t.is(await allowedOf(nodes, limit, { key, count: 10 }), 10)
  await cluster.nodes[0].kill()
  for (const { world } of nodes)
    await until(async () => {
      await Promise.all(nodes.map((node) => takeOf(node, bucket({ id: 'other', ...long }), `${Math.random()}`)))
      return [...world.metrics.store.servers.values()].includes(false)
    })
  const rest = await Promise.all(clients.map((key) => allowedOf(nodes, limit, { key, count: 40 })))
  t.true(
    rest.every((count) => count === 10 || count === 0),
    `${rest}`,
  )
  t.true(rest.includes(10) && rest.includes(0))
})

test('limits whose keys are in several slots are all taken or none, also when a server is gone', async (t) => {
  const cluster = await startCluster(t)
  const nodes = await openNodes(t, cluster.url)
  const wide = bucket({ id: 'wide', limit: 1_000, onStoreFailure: 'deny', ...long })
  const narrow = bucket({ id: 'narrow', limit: 15, onStoreFailure: 'deny', ...long })
  const everybody = { limit: wide, key: 'everybody', cost: 1 }
  const takeBoth = async (client: string) => {
    const takes = [everybody, { limit: narrow, key: client, cost: 1 }]
    const batches = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => nodes[index % 2]?.counters.take(takes)),
    )
    return batches.filter((batch) => batch?.allowed).length
  }
  let taken = 0
  // What is given back is on its way.
  const isCounted = () =>
    until(async () => {
      taken++
      const { standings } = await takeOf(nodes[0] as Node, wide, 'everybody')
      return standings[0]?.remaining === 1_000 - taken
    })
  await isCounted()
  const limits = await Promise.all(cluster.nodes.map(({ admin }) => admin.keys('portcullis:limit:*')))
  const clients = Array.from({ length: 12 }, (_, index) => `client ${index}`)
  const counts = await Promise.all(clients.map(takeBoth))
  t.deepEqual(new Set(counts), new Set([15]))
  taken += 12 * 15
  await isCounted()
  // One that has not the key of everybody.
  await cluster.nodes[limits.findIndex((names) => names.length === 0)]?.kill()
  const others = clients.map((client) => `another ${client}`)
  const rest = await Promise.all(others.map(takeBoth))
  t.true(rest.includes(0))
  taken += rest.reduce((a, b) => a + b)
  await isCounted()
})
