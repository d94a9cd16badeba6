/** A Redis that asks for a certificate: what is shown, what is said without one, and one that is rotated. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { Redis } from 'ioredis'
import { type Certificates, makeCertificates } from '../../helpers/certificates.ts'
import { startCluster } from '../../helpers/redis-cluster.ts'
import { startSentinels } from '../../helpers/redis-sentinel.ts'
import { startRedis } from '../../helpers/redis-server.ts'
import { tlsConfig } from '../../helpers/redis-tls.ts'
import { until } from '../../helpers/until.ts'
import { answers, ask, open, settingsOf } from './stores.ts'

const [first, second] = [makeCertificates(), makeCertificates()]
const asking = 'tls-auth-clients yes'

/** Shown to servers of the first authority. */
const shownBy = ({ gate }: Certificates) => ({ ca: first.ca, ...gate })

async function startAsking(t: ExecutionContext) {
  const server = await startRedis(t, { certificate: first.local, config: [...tlsConfig(t, first), asking] })
  const admin = new Redis({ port: server.port, host: 'localhost', tls: shownBy(first) })
  admin.on('error', () => {})
  t.teardown(() => admin.disconnect())
  return { url: `rediss://localhost:${server.port}`, admin }
}

test('shows its certificate, and is away without one or with that of another authority', async (t) => {
  const { url } = await startAsking(t)
  const { store } = await open(t, url, shownBy(first))
  await until(() => answers(store))
  for (const given of [{ ca: first.ca }, shownBy(second)]) {
    const { store: other, world } = await open(t, url, given)
    t.true(other.isAway)
    await until(() => /certificate required|unknown ca|ECONNRESET|EPIPE/i.test(world.status.faults.get('state') ?? ''))
    for (const line of second.gate.key.split('\n').slice(1, 3)) t.false(world.lines.join('').includes(line))
  }
})

test('what is open answers on, and dials with the certificate that was rotated', async (t) => {
  const { url, admin } = await startAsking(t)
  const { store, logged } = await open(t, url, shownBy(first))
  await until(() => answers(store))
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-authority-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'ca.crt'), second.ca)
  store.signIn(settingsOf(url, shownBy(second)))
  t.true(await answers(store))
  t.deepEqual(logged(), [])
  await admin.config('SET', 'tls-ca-cert-file', join(folder, 'ca.crt'))
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal')
  await until(() => answers(store))
  t.false(store.isAway)
  const { store: old } = await open(t, url, shownBy(first))
  t.true(old.isAway)
})

test('comes back by itself where the authority before was taken away first', async (t) => {
  const { url, admin } = await startAsking(t)
  const { store } = await open(t, url, shownBy(second))
  t.true(store.isAway)
  store.signIn(settingsOf(url, shownBy(first)))
  await until(() => answers(store))
  t.is(await admin.ping(), 'PONG')
})

test('the nodes of a cluster, and sentinels with their master, are shown it as well', async (t) => {
  const cluster = await startCluster(t, { tls: [...tlsConfig(t, first), asking] })
  const { store } = await open(t, cluster.url, shownBy(first))
  for (const key of ['portcullis:{a}', 'portcullis:{b}', 'portcullis:{c}'])
    await until(async () => (await ask(store, 'word', key).catch(() => '')) === 'word')
  t.true((await open(t, cluster.url, { ca: first.ca })).store.isAway)
  const { url } = await startSentinels(t, { certificates: first, asking: true })
  const { store: watched } = await open(t, url, { ...shownBy(first), serverName: 'localhost' })
  await until(() => answers(watched))
  t.true((await open(t, url, { ca: first.ca, serverName: 'localhost' })).store.isAway)
})
