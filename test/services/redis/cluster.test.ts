/** A cluster of three masters: slots, their moves, and the fault of one that is not that of all. */

import test, { type ExecutionContext } from 'ava'
import { keySlot } from '../../../src/services/redis/key-slot.ts'
import type { RedisSettings } from '../../../src/services/redis/settings.ts'
import { StoreAway } from '../../../src/services/redis/store.ts'
import { makeCertificates } from '../../helpers/certificates.ts'
import { freeze } from '../../helpers/freeze.ts'
import { type ClusterNode, type RedisCluster, startCluster } from '../../helpers/redis-cluster.ts'
import { tlsConfig } from '../../helpers/redis-tls.ts'
import { until } from '../../helpers/until.ts'
import { ask, type Opened, open as openStore, pidOf, scriptOf } from './stores.ts'

const rights = ['~portcullis:*', '+evalsha', '+eval', '+time', '+mget', '+set', '+incr', '+cluster|slots']

type Store = Opened['store']

/** Whoever is not at fault is to answer always, also on a machine that is busy. */
const open = (t: ExecutionContext, url: string, given: Partial<RedisSettings> = {}) =>
  openStore(t, url, { deadline: 3_000, ...given })

/** A key that is on the node with this number: its slot is in that third. */
function keyIn(third: number, word = ''): string {
  for (let tag = 0; ; tag++) {
    const key = `portcullis:{${word}${tag}}`
    if (Math.floor((keySlot(key) * 3) / 16_384) === third) return key
  }
}

/** On the three nodes, in their order. */
const keys = [0, 1, 2].map((third) => keyIn(third))
const keyOn = ({ nodes }: RedisCluster, node: ClusterNode) => keys[nodes.indexOf(node)] ?? ''
const answersAt = (store: Store, key: string) =>
  ask(store, key, key).then(
    (reply) => reply === key,
    () => false,
  )

test('the slot of a key is the one that Redis says', async (t) => {
  const { nodes } = await startCluster(t)
  for (const key of ['', 'a', 'portcullis:limit:{abc}:d', '{}a', '{a', '}{b}', 'a{b}{c}', '{{c}}', 'é{ü}', '\u{1f600}'])
    t.is(keySlot(key), Number(await nodes[0].admin.call('CLUSTER', 'KEYSLOT', key)), key)
})

test('asks each server for its own slots, many at a time, and no script crosses them', async (t) => {
  const cluster = await startCluster(t)
  const { store, world } = await open(t, cluster.url)
  t.is(new Set(keys.map((key) => store.slotOf(key))).size, 3)
  const words = Array.from({ length: 3_000 }, (_, index) => `word ${index}`)
  t.deepEqual(await Promise.all(words.map((word, index) => ask(store, word, keys[index % 3]))), words)
  for (const node of cluster.nodes) t.is(await node.admin.get(keyOn(cluster, node)), '1000')
  t.like(world.metrics.store, { late: 0, failed: 0, skipped: 0 })
  t.deepEqual(
    new Set(world.metrics.store.servers.keys()),
    new Set([`cluster ${cluster.url.split('//')[1]}`, ...cluster.nodes.map(({ port }) => `127.0.0.1:${port}`)]),
  )
  await t.throwsAsync(store.run(scriptOf('return 1'), keys, []), { instanceOf: StoreAway, message: /CROSSSLOT|slot/ })
  t.false(store.isAway)
})

test('one seed is enough', async (t) => {
  const cluster = await startCluster(t)
  const { store, world } = await open(t, `redis+cluster://127.0.0.1:${cluster.nodes[1].port}`)
  for (const key of keys) await until(() => answersAt(store, key))
  t.is(world.metrics.store.servers.size, 4)
})

test('follows a slot that moves, and then another, without an outage', async (t) => {
  const cluster = await startCluster(t)
  const [first, second, third] = cluster.nodes
  const { store, world } = await open(t, cluster.url)
  const key = keyOn(cluster, first)
  await ask(store, 'before', key)
  let isOver = false
  const asking = (async () => {
    const replies = new Set<unknown>()
    let count = 0
    for (; !isOver; count++) {
      replies.add(await ask(store, 'meanwhile', key).catch((error) => error.message))
      await new Promise((turn) => setTimeout(turn, 2))
    }
    return { replies, count }
  })()
  await cluster.move(keySlot(key), first, second)
  await cluster.move(keySlot(key), second, third)
  isOver = true
  const { replies, count } = await asking
  t.deepEqual([...replies], ['meanwhile'])
  t.is(await third.admin.get(key), `${count + 1}`)
  t.like(world.metrics.store, { late: 0, failed: 0 })
})

test('what cannot be answered while its slot moves is refused alone', async (t) => {
  const cluster = await startCluster(t)
  const [first, second] = cluster.nodes
  const { store, world } = await open(t, cluster.url, { deadline: 5_000 })
  const key = keyOn(cluster, first)
  const pair = [`${key}1`, `${key}2`]
  const count = scriptOf(`redis.call('INCR', KEYS[1]) return redis.call('INCR', KEYS[2])`)
  t.is(await store.run(count, pair, []), 1)
  const slot = keySlot(key)
  await second.admin.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', first.id)
  await first.admin.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', second.id)
  await first.admin.call('MIGRATE', '127.0.0.1', second.port, pair[0] ?? '', 0, 5000)
  await t.throwsAsync(store.run(count, pair, []), { instanceOf: StoreAway, message: /TRYAGAIN|MOVED/ })
  t.deepEqual([...world.metrics.store.servers.values()], [true, true, true, true])
  t.true(await answersAt(store, 'portcullis:{6}'))
  await cluster.move(slot, first, second)
  t.is(await store.run(count, pair, []), 2)
})

test('a server that is killed takes its slots with it, and the others go on', async (t) => {
  const cluster = await startCluster(t, { config: ['appendonly yes'] })
  const { store, world } = await open(t, cluster.url)
  for (const key of keys) await until(() => answersAt(store, key))
  const [dead, ...living] = cluster.nodes
  await dead.kill()
  await until(async () => !(await answersAt(store, keyOn(cluster, dead))))
  for (let round = 0; round < 20; round++) {
    await t.throwsAsync(ask(store, 'x', keyOn(cluster, dead)), { instanceOf: StoreAway })
    for (const node of living) t.true(await answersAt(store, keyOn(cluster, node)))
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  t.false(store.isAway)
  t.regex(world.status.faults.get('state') ?? '', new RegExp(`127\\.0\\.0\\.1:${dead.port} does not answer`))
  t.is(world.metrics.store.servers.get(`127.0.0.1:${dead.port}`), false)
  await dead.start()
  await until(() => answersAt(store, keyOn(cluster, dead)))
  await until(() => world.status.faults.size === 0)
  t.is(world.metrics.store.servers.get(`127.0.0.1:${dead.port}`), true)
})

test('a frozen server is found out by its own asks alone, and back when it goes on', async (t) => {
  const cluster = await startCluster(t)
  const { store, world } = await open(t, cluster.url)
  for (const key of keys) await until(() => answersAt(store, key))
  const [, frozen] = cluster.nodes
  const living = cluster.nodes.filter((node) => node !== frozen)
  const thaw = freeze(t, await pidOf(frozen.admin))
  t.false(await answersAt(store, keyOn(cluster, frozen)))
  const ends = performance.now() + 3_000
  while (performance.now() < ends) {
    for (const node of living) t.true(await answersAt(store, keyOn(cluster, node)))
    t.false(await answersAt(store, keyOn(cluster, frozen)))
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  t.true(world.metrics.store.late >= 1)
  thaw()
  await until(() => answersAt(store, keyOn(cluster, frozen)))
  t.deepEqual(await Promise.all(keys.map((key) => answersAt(store, key))), [true, true, true])
})

test('all servers killed and started again: away, then back', async (t) => {
  const cluster = await startCluster(t)
  const { store } = await open(t, cluster.url)
  for (const key of keys) await until(() => answersAt(store, key))
  await Promise.all(cluster.nodes.map((node) => node.kill()))
  for (const key of keys) await until(async () => !(await answersAt(store, key)))
  await until(() => store.isAway)
  await Promise.all(cluster.nodes.map((node) => node.start()))
  for (const key of keys) await until(() => answersAt(store, key))
  t.false(store.isAway)
})

test('a server that loses its slots is heard of no more', async (t) => {
  const cluster = await startCluster(t, { config: ['cluster-allow-replica-migration no'] })
  const [first, second, third] = cluster.nodes
  // Leaves it one slot, for a move of thousands takes long.
  const key = keyIn(0, 'the one ')
  const slot = keySlot(key)
  for (const { admin } of cluster.nodes) {
    await admin.call('CLUSTER', 'DELSLOTSRANGE', 0, slot - 1, slot + 1, 5460)
    if (admin === second.admin) await admin.call('CLUSTER', 'ADDSLOTSRANGE', 0, slot - 1, slot + 1, 5460)
  }
  const name = `127.0.0.1:${first.port}`
  const { store, world } = await open(t, `redis+cluster://127.0.0.1:${third.port}`)
  await until(async () => (await answersAt(store, key)) && world.metrics.store.servers.has(name))
  // With one slot only it is still probed.
  const thaw = freeze(t, await pidOf(first.admin))
  t.false(await answersAt(store, key))
  await until(() => world.status.faults.has('state'))
  thaw()
  await until(() => answersAt(store, key))
  await cluster.move(slot, first, second)
  await until(async () => (await answersAt(store, key)) && !world.metrics.store.servers.has(name))
  t.is(world.status.faults.size, 0)
})

test('a cluster that comes later is found, and closes without a trace', async (t) => {
  const cluster = await startCluster(t)
  await Promise.all(cluster.nodes.map((node) => node.kill()))
  const { store, world, logged } = await open(t, cluster.url)
  t.true(store.isAway)
  await until(() => logged().length > 0)
  await Promise.all(cluster.nodes.map((node) => node.start()))
  for (const key of keys) await until(() => answersAt(store, key))
  await store.close()
  t.is(world.metrics.store.servers.size, 0)
  for (const { admin } of cluster.nodes)
    await until(async () => !String(await admin.client('LIST')).includes('name=portcullis'))
})

test('by TLS the names that the nodes give themselves are those in their certificates', async (t) => {
  const certificates = makeCertificates()
  const { url, nodes } = await startCluster(t, { tls: tlsConfig(t, certificates) })
  const { store, world } = await open(t, url, { ca: certificates.ca })
  for (const key of keys) await until(() => answersAt(store, key))
  const names = [...world.metrics.store.servers.keys()]
  for (const { tlsPort } of nodes) t.true(names.includes(`localhost:${tlsPort}`))
  const another = await open(t, url, { ca: certificates.ca, serverName: 'orders.internal' })
  t.true(another.store.isAway)
  await until(() => another.store.reason.includes('altnames'))
})

test('a user of a cluster needs to know who has which slots, beside the least rights', async (t) => {
  const cluster = await startCluster(t)
  for (const { admin } of cluster.nodes) await admin.call('ACL', 'SETUSER', 'gate', 'on', '>secret', ...rights)
  const url = cluster.url.replace('//', '//gate:secret@')
  const { store } = await open(t, url)
  for (const key of keys) await until(() => answersAt(store, key))
  for (const { admin } of cluster.nodes) await admin.call('ACL', 'SETUSER', 'gate', '-cluster')
  const another = await open(t, url)
  t.true(another.store.isAway)
  await until(() => /NOPERM.*cluster/.test(another.store.reason))
})
