/** Accounts on Postgres: who logs in there, and what is answered while it is away. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { emptyFolder, openGate } from '../helpers/gate.ts'
import { startPostgres } from '../helpers/postgres-server.ts'
import { until } from '../helpers/until.ts'
import { addAccount, codeOf, fieldKey, logIn, post, username } from './shop.ts'

const policies = (ca: string) => ({
  'shop.yaml': `
settings:
  database: { url: '\${env:PORTCULLIS_TEST_AWAY}', ca: '\${file:${ca}}', fieldKeys: ['\${secret:away-test}'], deadline: 20s }
issuers:
  shop: { builtin: true, audience: shop-api, refreshTtl: 30d }
defaults: { authenticate: public, rateLimit: [{ by: ip, limit: 5000, per: 1m }] }
routes:
  POST /login: { builtin: login }
  GET /ready: { builtin: ready }
  GET /orders: { reply: { status: 200, body: { for: everyone } } }
`,
})

/** A gate with one account, on a Postgres of its own. */
async function openOnPostgres(t: ExecutionContext) {
  t.timeout(180_000)
  const server = await startPostgres()
  t.teardown(() => server.stop())
  const url = await server.createDatabase()
  const ca = join(emptyFolder(), 'ca.pem')
  writeFileSync(ca, server.ca)
  process.env.PORTCULLIS_TEST_AWAY = url
  process.env.PORTCULLIS_SECRET_AWAY_TEST = fieldKey
  await addAccount({ database: { url, ca: server.ca, deadline: '20s' } })
  const gate = await openGate(policies(ca))
  t.teardown(() => gate.close())
  gate.world.status.open()
  return { gate, server }
}

test.serial('what the database was away for is no failed login', async (t) => {
  const { gate, server } = await openOnPostgres(t)
  const { metrics, status } = gate.world
  const attempts = Array.from({ length: 5 }, () => logIn(gate))
  await until(() => metrics.accounts?.hasher.waiting === 4)
  await server.kill()
  for (const reply of await Promise.all(attempts)) t.is(codeOf(reply), 'state_unavailable', reply.body)
  for (let at = 0; at < 5; at++) t.is(codeOf(await logIn(gate)), 'state_unavailable')
  await server.start()
  await until(() => status.faults.size === 0)
  const wrong = { username, password: 'x'.repeat(100) }
  for (let at = 0; at < 5; at++) t.is(codeOf(await post(gate, '/login', wrong)), 'credentials_invalid')
  t.is(codeOf(await post(gate, '/login', wrong)), 'account_locked')
})

test.serial('while the database is away logins are 503, all else goes on, and the server says so', async (t) => {
  const { gate, server } = await openOnPostgres(t)
  const nobody = { username: 'nobody', password: 'seven sober otters sing' }
  t.is((await post(gate, '/login', nobody)).status, 401)
  await server.kill()
  const away = await post(gate, '/login', nobody)
  t.is(away.status, 503, away.body)
  t.is(JSON.parse(away.body).code, 'state_unavailable')
  t.is(away.headers['retry-after'], '1')
  t.is((await gate.call('GET', '/orders')).status, 200)
  t.deepEqual(JSON.parse((await gate.call('GET', '/ready')).body), { status: 'degraded', failing: ['database'] })
  await server.start()
  await until(() => gate.world.status.faults.size === 0)
  t.is((await post(gate, '/login', nobody)).status, 401)
})
