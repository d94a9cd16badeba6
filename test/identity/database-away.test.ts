/** Accounts on Postgres: who logs in there, and what is answered while it is away. */

import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { emptyFolder, openGate } from '../helpers/gate.ts'
import { startPostgres } from '../helpers/postgres-server.ts'
import { until } from '../helpers/until.ts'

const policies = (ca: string) => ({
  'shop.yaml': `
settings:
  database: { url: '\${env:PORTCULLIS_TEST_AWAY}', ca: '\${file:${ca}}', keys: ['\${secret:away-test}'], deadline: 20s }
issuers:
  shop: { builtin: true, audience: shop-api, refreshTtl: 30d }
defaults: { authenticate: public, rateLimit: [{ by: ip, limit: 5000, per: 1m }] }
routes:
  POST /login: { builtin: login }
  GET /ready: { builtin: ready }
  GET /orders: { reply: { status: 200, body: { for: everyone } } }
`,
})

test('while the database is away logins are 503, all else goes on, and the server says so', async (t) => {
  t.timeout(180_000)
  const server = await startPostgres()
  t.teardown(() => server.stop())
  const url = await server.createDatabase()
  const ca = join(emptyFolder(), 'ca.pem')
  writeFileSync(ca, server.ca)
  process.env.PORTCULLIS_TEST_AWAY = url
  process.env.PORTCULLIS_SECRET_AWAY_TEST = randomBytes(32).toString('hex')
  const gate = await openGate(policies(ca))
  t.teardown(() => gate.close())
  gate.world.status.open()
  const logIn = () =>
    gate.call('POST', '/login', {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'nobody', password: 'seven sober otters sing' }),
    })
  t.is((await logIn()).status, 401)
  await server.kill()
  const away = await logIn()
  t.is(away.status, 503, away.body)
  t.is(JSON.parse(away.body).code, 'state_unavailable')
  t.is(away.headers['retry-after'], '1')
  t.is((await gate.call('GET', '/orders')).status, 200)
  t.deepEqual(JSON.parse((await gate.call('GET', '/ready')).body), { status: 'degraded', failing: ['database'] })
  await server.start()
  await until(() => gate.world.status.faults.size === 0)
  t.is((await logIn()).status, 401)
})
