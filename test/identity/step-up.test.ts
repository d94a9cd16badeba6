/** When the password was shown: in the tokens of accounts, over refreshes, and as routes ask for it. */

import { join } from 'node:path'
import test from 'ava'
import { systemClock } from '../../src/services/clock.ts'
import { AccountPool } from '../../src/services/identity/account-pool.ts'
import { createLog } from '../../src/services/log.ts'
import { createWorld } from '../../src/services/world.ts'
import { emptyFolder, openGate, type Reply } from '../helpers/gate.ts'
import { addAlice, claimsOf, codeOf, get, logIn, post } from './shop.ts'

const policies = (file: string) => `
settings:
  database: { url: 'sqlite:${file}', fieldKeys: ['\${secret:identity-test}'], deadline: 20s }
issuers:
  shop: { builtin: true, audience: shop-api, refreshTtl: 30d, accessTtl: 1h }
defaults: { authenticate: public, rateLimit: [{ by: ip, limit: 5000, per: 1m }] }
routes:
  POST /login: { builtin: login }
  POST /refresh: { builtin: refresh }
  GET /payments: { authenticate: { jwt: { maxAge: 5m } }, reply: { status: 204 } }
`

test('a token says when the password was shown, a refresh does not make it younger, and a login does', async (t) => {
  const file = join(emptyFolder(), 'portcullis.db')
  await addAlice(file)
  let ahead = 0
  const clock = { now: () => Date.now() + ahead, monotonic: systemClock.monotonic }
  const parts = createWorld(createLog({ pretty: false, level: 'error' }))
  const accounts = new AccountPool({ ...parts, clock, workers: 1 })
  const gate = await openGate({ 'shop.yaml': policies(file) }, { world: { ...parts, clock, accounts } })
  t.teardown(() => gate.close())
  const tokensOf = ({ body }: Reply) => JSON.parse(body) as { access_token: string; refresh_token: string }
  const before = Math.floor(Date.now() / 1_000)
  const first = tokensOf(await logIn(gate))
  const { auth_time: shown, iat } = claimsOf(first.access_token)
  t.true(Number.isInteger(shown) && shown >= before && shown <= iat)
  t.is((await get(gate, '/payments', first.access_token)).status, 204)
  ahead = 301_000
  const second = tokensOf(await post(gate, '/refresh', { refresh_token: first.refresh_token }))
  t.is(claimsOf(second.access_token).auth_time, shown)
  for (const { access_token: token } of [first, second]) {
    const refused = await get(gate, '/payments', token)
    t.is(codeOf(refused), 'step_up_required')
    t.is(refused.headers['www-authenticate'], 'Bearer error="insufficient_user_authentication", max_age="300"')
  }
  const again = tokensOf(await logIn(gate))
  t.true(claimsOf(again.access_token).auth_time >= shown + 300)
  t.is((await get(gate, '/payments', again.access_token)).status, 204)
})
