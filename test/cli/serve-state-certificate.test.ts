/** `serve` before a Redis that asks for a certificate, which is renewed in its files. */

import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { Redis } from 'ioredis'
import { makeCertificates } from '../helpers/certificates.ts'
import { serveCommand } from '../helpers/command.ts'
import { writePolicies } from '../helpers/gate.ts'
import { startRedis } from '../helpers/redis-server.ts'
import { tlsConfig } from '../helpers/redis-tls.ts'
import { until } from '../helpers/until.ts'

const [first, second] = [makeCertificates(), makeCertificates()]

test('a certificate for Redis that is renewed is shown without a restart, and what was counted stays', async (t) => {
  t.timeout(180_000)
  const config = [...tlsConfig(t, first), 'tls-auth-clients yes']
  const redis = await startRedis(t, { certificate: first.local, config })
  const admin = new Redis({ port: redis.port, host: 'localhost', tls: { ca: first.ca, ...first.gate } })
  t.teardown(() => admin.disconnect())
  const directory = writePolicies({
    'a.yaml': `settings:
  state: { url: 'rediss://localhost:${redis.port}', ca: '\${file:ca.crt}', cert: '\${file:gate.crt}', key: '\${file:gate.key}', deadline: 2s }
routes:
  GET /: { authenticate: public, reply: { body: ok }, rateLimit: [{ by: all, limit: 5, per: 1d }] }
  GET /ready: { authenticate: public, builtin: ready }
`,
    'ca.crt': first.ca,
    'gate.crt': first.gate.cert,
    'gate.key': first.gate.key,
    'next-ca.crt': second.ca,
  })
  const served = await serveCommand([directory])
  t.teardown(() => void served.child.kill('SIGKILL'))
  const call = async () => (await fetch(served.url)).status
  const said = (message: string) => served.logged().filter(({ msg }) => String(msg).startsWith(message)).length
  t.deepEqual([await call(), await call(), await call()], [200, 200, 200])
  const ids = async () => String(await admin.client('LIST')).match(/id=\d+ .*name=portcullis/g)?.length ?? 0
  t.is(await ids(), 1)
  for (const [name, text] of Object.entries({ 'gate.crt': second.gate.cert, 'gate.key': second.gate.key })) {
    writeFileSync(join(directory, 'draft'), text)
    renameSync(join(directory, 'draft'), join(directory, name))
  }
  served.child.kill('SIGHUP')
  await until(() => said('policies unchanged') > 0)
  await admin.config('SET', 'tls-ca-cert-file', join(directory, 'next-ca.crt'))
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal')
  await until(async () => (await ids()) === 1)
  await until(async () => (await (await fetch(`${served.url}/ready`)).text()).includes('"ready"'))
  await until(async () => (await call()) === 429)
  t.is(await admin.exists('portcullis:probe'), 1)
  t.is(served.logged().filter(({ msg }) => String(msg).includes('only a restart changes')).length, 0)
})
