/** A master that sentinels know: found through any of them, and followed when it is another. */

import test, { type ExecutionContext } from 'ava'
import { makeCertificates } from '../../helpers/certificates.ts'
import { freePort } from '../../helpers/free-port.ts'
import { freeze } from '../../helpers/freeze.ts'
import { startSentinels, type WatchedRedis } from '../../helpers/redis-sentinel.ts'
import { until } from '../../helpers/until.ts'
import { adminOf, answers, ask, open, pidOf } from './stores.ts'

const valueAt = (t: ExecutionContext, server: { readonly port: number }) => adminOf(t, server).get('portcullis:{a}')
const isPromoted = (watched: WatchedRedis) => until(async () => (await watched.masterPort()) === watched.replica.port)

test('asks the master, and never its replica', async (t) => {
  const watched = await startSentinels(t)
  const { store, world } = await open(t, watched.url)
  await until(() => answers(store))
  t.is(await valueAt(t, watched.master), '1')
  const name = `${watched.sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/mymaster`
  t.deepEqual([...world.metrics.store.servers], [[name, true]])
})

test('a master that is killed is away until there is another, and then that one is asked', async (t) => {
  const watched = await startSentinels(t)
  const { store, world, logged } = await open(t, watched.url)
  await until(() => answers(store))
  await until(async () => (await valueAt(t, watched.replica)) === '1')
  await watched.master.kill()
  await until(() => store.isAway)
  await until(() => world.status.faults.has('state'))
  await isPromoted(watched)
  await until(() => !store.isAway)
  await until(() => answers(store))
  t.is(await valueAt(t, watched.replica), '2')
  t.is(logged().length, 2)
  await store.close()
  for (const { port } of [watched.replica, ...watched.sentinels])
    await until(async () => !(await clientsOf(t, port)).includes('name=portcullis'))
})

const clientsOf = async (t: ExecutionContext, port: number) => String(await adminOf(t, { port }).client('LIST'))

test('a master that is frozen, and deposed meanwhile, is not gone back to', async (t) => {
  const watched = await startSentinels(t)
  const { store } = await open(t, watched.url)
  await until(() => answers(store))
  const thaw = freeze(t, await pidOf(adminOf(t, watched.master)))
  t.false(await answers(store))
  await isPromoted(watched)
  await until(() => !store.isAway)
  await until(() => answers(store))
  const before = Number(await valueAt(t, watched.replica))
  thaw()
  for (let round = 0; round < 20; round++) {
    await until(() => answers(store))
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  t.true(Number(await valueAt(t, watched.replica)) >= before + 20)
})

test('a master that is deposed without its knowledge is left when the sentinels say so', async (t) => {
  const watched = await startSentinels(t)
  const { store } = await open(t, watched.url)
  const old = adminOf(t, watched.master)
  await until(() => answers(store))
  await until(async () => (await valueAt(t, watched.replica)) === '1')
  // From now on only those who are connected already are served: the sentinels take it for dead, and cannot tell it so.
  await old.config('SET', 'requirepass', 'unknown')
  const clients = String(await old.client('LIST')).split('\n')
  for (const client of clients.filter((line) => line.includes('name=sentinel-')))
    await old.call('CLIENT', 'KILL', 'ID', /id=(\d+)/.exec(client)?.[1] ?? '')
  await isPromoted(watched)
  await until(async () => (await answers(store)) && Number(await valueAt(t, watched.replica)) > 1)
  const left = await old.get('portcullis:{a}')
  for (let round = 0; round < 5; round++) await until(() => answers(store))
  t.is(await old.get('portcullis:{a}'), left)
})

test('a failover by hand is followed', async (t) => {
  const watched = await startSentinels(t)
  const { store } = await open(t, watched.url)
  await until(() => answers(store))
  const sentinel = adminOf(t, watched.sentinels[0] ?? watched.master)
  await until(async () => (await sentinel.call('SENTINEL', 'FAILOVER', 'mymaster').catch(() => 'no')) === 'OK')
  await isPromoted(watched)
  await until(async () => (await answers(store)) && Number(await valueAt(t, watched.replica)) > 1)
  t.pass()
})

test('sentinels that hang or are gone are passed over, whatever their place in the list', async (t) => {
  const watched = await startSentinels(t)
  const [hung, gone, living] = watched.sentinels
  if (!hung || !gone || !living) return t.fail()
  freeze(t, hung.pid)
  process.kill(gone.pid, 'SIGKILL')
  const { store, world } = await open(t, watched.url)
  await until(() => !store.isAway)
  await until(() => answers(store))
  await until(() => world.status.faults.size === 0)
  t.pass()
})

test('a master that the sentinels do not know, and sentinels that are not there, are said', async (t) => {
  const watched = await startSentinels(t)
  const unknown = await open(t, watched.url.replace('mymaster', 'other'))
  const nobody = await open(t, `redis+sentinel://127.0.0.1:${await freePort()}/mymaster`)
  for (const { store, world } of [unknown, nobody]) {
    t.true(store.isAway)
    await until(() => world.status.faults.has('state'))
    await until(() => store.reason.startsWith('no sentinel tells of the master: '))
  }
})

test('sentinels that ask for a password are given theirs, and the master gets its own', async (t) => {
  const watched = await startSentinels(t, { password: 'watchword' })
  const without = await open(t, watched.url)
  t.true(without.store.isAway)
  const sentinel = { username: undefined, password: 'watchword' }
  const { store } = await open(t, watched.url, { sentinel })
  await until(() => answers(store))
  t.is(await ask(store, 'word'), 'word')
})

test('by TLS the sentinels and the master are believed by the same authority', async (t) => {
  const certificates = makeCertificates()
  const { url, master } = await startSentinels(t, { certificates })
  const { ca } = certificates
  const { store } = await open(t, url, { ca, serverName: 'localhost' })
  await until(() => answers(store))
  const another = await open(t, url, { ca: makeCertificates().ca, serverName: 'localhost' })
  t.true(another.store.isAway)
  await until(() => another.store.reason.startsWith('no sentinel tells of the master: '))
  await master.kill()
  await until(() => store.isAway)
  await until(() => !store.isAway)
  await until(() => answers(store))
})
