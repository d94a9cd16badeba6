/** One server that is killed, frozen, flushed, full, loading or deposed: what the store says meanwhile, and how it comes back. */

import test from 'ava'
import { StoreAway } from '../../../src/services/redis/store.ts'
import { freePort } from '../../helpers/free-port.ts'
import { freeze } from '../../helpers/freeze.ts'
import { startRedis } from '../../helpers/redis-server.ts'
import { until } from '../../helpers/until.ts'
import { adminOf, answers, ask, open, pidOf, scriptOf, startServer } from './stores.ts'

test('runs scripts, many at a time, and gives each its own answer', async (t) => {
  const { url, admin } = await startServer(t)
  const { store, world } = await open(t, url, { deadline: 2_000 })
  const words = Array.from({ length: 2_000 }, (_, index) => `word ${index}`)
  t.deepEqual(await Promise.all(words.map((word) => ask(store, word))), words)
  t.is(await admin.get('portcullis:{a}'), '2000')
  t.is(
    world.metrics.store.buckets.reduce((a, b) => a + b),
    2_000,
  )
  t.like(world.metrics.store, { late: 0, failed: 0, skipped: 0 })
  t.deepEqual([...world.metrics.store.servers.values()], [true])
})

test('arguments are binary-safe, and numbers and lists come back as they are', async (t) => {
  const { url } = await startServer(t)
  const { store } = await open(t, url)
  const script = scriptOf('return { string.byte(ARGV[1], 1, -1) }')
  t.deepEqual(await store.run(script, ['k'], [Buffer.from([0, 13, 10, 255])]), [0, 13, 10, 255])
  t.deepEqual(await store.run(scriptOf('return { 1, {}, false }'), ['k'], []), [1, [], null])
})

test('tells the script again to a server that has forgotten it, without an outage', async (t) => {
  const { url, admin } = await startServer(t)
  const { store, world } = await open(t, url, { deadline: 2_000 })
  for (let round = 1; round <= 3; round++) {
    await Promise.all(Array.from({ length: 10 }, () => ask(store)))
    t.is(await admin.get('portcullis:{a}'), `${round * 10}`)
    await admin.script('FLUSH')
  }
  await admin.flushall()
  await until(() => answers(store))
  t.like(world.metrics.store, { late: 0, failed: 0, skipped: 0 })
  t.deepEqual(world.lines, [])
})

test('a server that is killed and started again is away, then back; each is said once', async (t) => {
  const { url, port, kill, start } = await startServer(t)
  const { store, world, logged } = await open(t, url)
  await until(() => answers(store))
  await kill()
  await until(() => store.isAway)
  await t.throwsAsync(ask(store), { instanceOf: StoreAway })
  await until(() => world.status.faults.has('state'))
  t.regex(world.status.faults.get('state') ?? '', new RegExp(`^Redis at 127\\.0\\.0\\.1:${port} does not answer: `))
  t.deepEqual([...world.metrics.store.servers], [[`127.0.0.1:${port}`, false]])
  await start()
  await until(() => !store.isAway)
  await until(() => answers(store))
  t.is(world.status.faults.size, 0)
  t.deepEqual([...world.metrics.store.servers.values()], [true])
  t.deepEqual(
    logged().map((line) => line.replace(/:.*/, '')),
    ['redis does not answer', 'redis answers again'],
  )
})

test('asks in flight while the server is killed are answered or fail, none hangs, and nothing is asked twice', async (t) => {
  const { url, admin, kill, start } = await startServer(t, ['appendonly yes', 'appendfsync always'])
  const { store } = await open(t, url)
  await ask(store)
  const asked = Array.from({ length: 500 }, (_, index) => ask(store, `${index}`))
  const killed = kill()
  const settled = await Promise.allSettled(asked)
  await killed
  for (const [index, each] of settled.entries())
    if (each.status === 'fulfilled') t.is(each.value, `${index}`)
    else t.true(each.reason instanceof StoreAway)
  await start()
  await until(() => !store.isAway)
  const done = Number(await admin.get('portcullis:{a}'))
  t.true(done >= settled.filter(({ status }) => status === 'fulfilled').length && done <= 501)
})

test('a frozen server is away after the deadline, is asked nothing meanwhile, and is back when it goes on', async (t) => {
  const { url, admin } = await startServer(t)
  const { store, world } = await open(t, url)
  await ask(store)
  const before = Number(await admin.get('portcullis:{a}'))
  const thaw = freeze(t, await pidOf(admin))
  const first = await Promise.allSettled(Array.from({ length: 100 }, () => ask(store)))
  t.true(first.every(({ status }) => status === 'rejected'))
  t.true(store.isAway)
  t.true(world.metrics.store.late >= 1)
  const whileAway = Array.from({ length: 1_000 }, () => ask(store).catch((error) => error))
  t.true((await Promise.all(whileAway)).every((error) => error instanceof StoreAway))
  t.true(world.metrics.store.skipped >= 1_000)
  await until(() => world.status.faults.has('state'))
  // Longer than the connection that froze is kept.
  await new Promise((resolve) => setTimeout(resolve, 2_500))
  t.true(store.isAway)
  thaw()
  await until(() => !store.isAway)
  t.deepEqual(await Promise.all(['x', 'y', 'z'].map((word) => ask(store, word))), ['x', 'y', 'z'])
  const done = Number(await admin.get('portcullis:{a}')) - before
  t.true(done >= 3 && done <= 103, `${done}`)
})

test('is back within two seconds after a freeze, however often', async (t) => {
  const { url, admin } = await startServer(t)
  const { store } = await open(t, url)
  const pid = await pidOf(admin)
  for (let round = 0; round < 4; round++) {
    const thaw = freeze(t, pid)
    t.false(await answers(store))
    thaw()
    await until(() => !store.isAway)
    await until(() => answers(store))
  }
})

for (const [name, value] of [
  ['min-replicas-to-write', '1'],
  ['maxclients', '1'],
] as const)
  test(`a server that lets nobody write for the sake of \`${name}\` is away, and says why`, async (t) => {
    const { url, admin } = await startServer(t)
    const usual = String(((await admin.config('GET', name)) as string[])[1])
    await admin.config('SET', name, value)
    const { store, world } = await open(t, url)
    t.true(store.isAway)
    await until(() => world.status.faults.has('state'))
    t.regex(store.reason, /^NOREPLICAS|^the connection is closed$/)
    await admin.config('SET', name, usual)
    await until(() => !store.isAway)
    await until(() => answers(store))
  })

test('a server that is busy with a script is away until the script ends', async (t) => {
  const { url, port, admin } = await startServer(t, ['busy-reply-threshold 50'])
  const { store, world } = await open(t, url)
  const killer = adminOf(t, { port })
  await killer.ping()
  const endless = admin.eval('while true do end', 0).catch((error) => error)
  await until(async () => !(await answers(store)))
  await until(() => store.reason.startsWith('BUSY'))
  await until(() => world.status.faults.has('state'))
  await killer.script('KILL')
  await endless
  await until(() => !store.isAway)
  await until(() => answers(store))
  t.pass()
})

test.serial('an answer that came while this process was held up itself is not late', async (t) => {
  const { url } = await startServer(t)
  const { store, world } = await open(t, url, { deadline: 20 })
  await until(() => answers(store))
  const { late } = world.metrics.store
  for (let round = 0; round < 10; round++) {
    await until(() => !store.isAway)
    const asked = ask(store, 'word')
    const ends = performance.now() + 200
    while (performance.now() < ends);
    t.is(await asked, 'word')
  }
  t.is(world.metrics.store.late, late)
})

test('a server that is full is away with its reason, and back when there is room', async (t) => {
  const { url, admin } = await startServer(t, ['maxmemory-policy noeviction'])
  const { store, world, logged } = await open(t, url)
  await admin.config('SET', 'maxmemory', '1')
  t.false(await answers(store))
  t.true(store.isAway)
  await until(() => /OOM/.test(world.status.faults.get('state') ?? ''))
  await admin.config('SET', 'maxmemory', '0')
  await until(() => !store.isAway)
  await until(() => answers(store))
  t.is(logged().length, 2)
})

test('a master that becomes a replica is left, and found again when it is master', async (t) => {
  const { url, admin } = await startServer(t)
  const other = await startRedis(t)
  const { store, world } = await open(t, url)
  await until(() => answers(store))
  await admin.replicaof('127.0.0.1', other.port)
  await until(async () => !(await answers(store)))
  await until(() => /READONLY|MASTERDOWN/.test(world.status.faults.get('state') ?? ''))
  await admin.replicaof('NO', 'ONE')
  await until(() => !store.isAway)
  await until(() => answers(store))
  t.false(store.isAway)
})

test('a server that loads its data is away until it has', async (t) => {
  const { url, admin, kill, start } = await startServer(t, ['appendonly yes', 'key-load-delay 200'])
  const pipeline = admin.pipeline()
  for (let index = 0; index < 5_000; index++) pipeline.set(`filler:${index}`, 'x')
  await pipeline.exec()
  const { store, world } = await open(t, url)
  await kill()
  const started = start()
  await until(() => store.reason.startsWith('LOADING'))
  await started
  await until(() => !store.isAway)
  await until(() => answers(store))
  t.is(world.status.faults.size, 0)
})

test('a script that the server refuses is no outage: others are still answered', async (t) => {
  const { url } = await startServer(t)
  const { store, world, logged } = await open(t, url)
  const wrong = scriptOf(`return redis.call('HGET', KEYS[1])`)
  for (let round = 0; round < 5; round++)
    await t.throwsAsync(store.run(wrong, ['k'], []), { instanceOf: StoreAway, message: /^ERR/ })
  t.false(store.isAway)
  await until(() => answers(store))
  t.is(world.metrics.store.failed, 5)
  t.deepEqual(logged().length, 1)
  t.regex(logged()[0] ?? '', /^redis refuses a script: ERR/)
})

test('starts without a server, says so, and finds it when it comes', async (t) => {
  const port = await freePort()
  const { store, world, logged } = await open(t, `redis://localhost:${port}`)
  t.true(store.isAway)
  t.regex(store.reason, /ECONNREFUSED/)
  await until(() => world.status.faults.has('state'))
  t.regex(logged()[0] ?? '', /^redis does not answer: .*ECONNREFUSED/)
  await startRedis(t, { config: [`port ${port}`] })
  await until(() => !store.isAway)
  await until(() => answers(store))
})

test('a name that leads nowhere is an outage like any other', async (t) => {
  const { store, world } = await open(t, 'redis://redis.invalid:6379')
  t.true(store.isAway)
  await until(() => /redis\.invalid/.test(world.status.faults.get('state') ?? ''))
  await t.throwsAsync(ask(store), { instanceOf: StoreAway })
})

test('a database that there is not is told, and no other is used in its place', async (t) => {
  const { url, admin } = await startServer(t, ['databases 2'])
  const { store, world } = await open(t, `${url}/7`)
  t.true(store.isAway)
  await until(() => /DB index/.test(world.status.faults.get('state') ?? ''))
  t.is(await admin.dbsize(), 0)
  const other = await open(t, `${url}/1`)
  await ask(other.store)
  t.is(await admin.dbsize(), 0)
})
