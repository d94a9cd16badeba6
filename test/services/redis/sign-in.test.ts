/** A password of Redis that is rotated: what is open goes on, and whoever dials next knows the new one. */

import test from 'ava'
import type { Redis } from 'ioredis'
import { startCluster } from '../../helpers/redis-cluster.ts'
import { until } from '../../helpers/until.ts'
import { answers, open, settingsOf, startServer } from './stores.ts'

const rights = ['~portcullis:*', '+evalsha', '+eval', '+time', '+mget', '+set', '+incr', '+cluster|slots']
const as = (url: string, password: string) => url.replace('//', `//gate:${password}@`)

const allow = (admin: Redis, password: string) => admin.call('ACL', 'SETUSER', 'gate', 'on', `>${password}`, ...rights)
/** The last step of a rotation: the password before is none any more, and who is there with it has to come again. */
async function revoke(admin: Redis, password: string): Promise<void> {
  await admin.call('ACL', 'SETUSER', 'gate', `<${password}`)
  await admin.call('CLIENT', 'KILL', 'USER', 'gate')
}

test('what is open answers on, and dials with the new password', async (t) => {
  const { url, admin } = await startServer(t)
  await allow(admin, 'one')
  const { store, logged } = await open(t, as(url, 'one'))
  await until(() => answers(store))
  await allow(admin, 'two')
  store.signIn(settingsOf(as(url, 'two')))
  t.true(await answers(store))
  t.deepEqual(logged(), [])
  await revoke(admin, 'one')
  await until(() => answers(store))
  t.false(store.isAway)
})

test('comes back by itself where the password before was taken away first', async (t) => {
  const { url, admin } = await startServer(t)
  await allow(admin, 'one')
  const { store } = await open(t, as(url, 'one'))
  await until(() => answers(store))
  await allow(admin, 'two')
  await revoke(admin, 'one')
  await until(() => /WRONGPASS/.test(store.reason))
  store.signIn(settingsOf(as(url, 'two')))
  await until(() => answers(store))
  t.false(store.isAway)
})

test('another Redis is none that one signs in to', async (t) => {
  const { url, admin } = await startServer(t)
  await allow(admin, 'one')
  const { store } = await open(t, as(url, 'one'))
  await until(() => answers(store))
  store.signIn(settingsOf(as('redis://127.0.0.1:1', 'two')))
  await admin.call('CLIENT', 'KILL', 'USER', 'gate')
  await until(() => answers(store))
  t.false(store.isAway)
})

test('the nodes of a cluster are dialled with the new password', async (t) => {
  const cluster = await startCluster(t)
  const admins = cluster.nodes.map(({ admin }) => admin)
  for (const admin of admins) await allow(admin, 'one')
  const { store } = await open(t, as(cluster.url, 'one'))
  await until(() => answers(store))
  for (const admin of admins) await allow(admin, 'two')
  store.signIn(settingsOf(as(cluster.url, 'two')))
  await until(() => answers(store))
  for (const admin of admins) await revoke(admin, 'one')
  await until(() => answers(store))
  t.pass()
})
