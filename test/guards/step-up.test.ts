/** `acr` and `maxAge`: how strong, and how recent, the login behind a token must be. */

import test, { type ExecutionContext } from 'ava'
import { authenticate } from '../../src/guards/authenticate/authenticate.ts'
import type { Clock } from '../../src/services/clock.ts'
import { openIssuer } from '../../src/services/keys/open-issuer.ts'
import type { Services } from '../../src/services/services.ts'
import { craft } from '../fixtures/tokens/craft.ts'
import { hmacKey, secret } from '../fixtures/tokens/keys.ts'
import { worldOf } from '../fixtures/tokens/open.ts'
import { hostGuard, siteOf } from '../helpers/guard-host.ts'

const corp = { issuer: 'https://login.example/', audience: 'orders-api', algorithms: ['HS256'], secret }

type Options = { readonly acr?: string | readonly string[]; readonly maxAge?: string }

async function host(t: ExecutionContext, options: Options, claims: Readonly<Record<string, string>> = {}) {
  const world = worldOf()
  const issuers = new Map([['corp', await openIssuer('corp', { ...corp, claims }, world)]])
  const services = { issuers, clock: world.clock } as unknown as Services
  const plan = await authenticate.compile({ jwt: options }, siteOf(), services)
  const send = await hostGuard(t, { plan })
  const call = (given: Readonly<Record<string, unknown>>) =>
    send({ headers: { authorization: `Bearer ${craft({ algorithm: 'HS256', key: hmacKey, claims: given })}` } })
  return { call, clock: world.clock }
}

const seconds = (clock: Clock): number => clock.now() / 1_000

test('a token whose login was of the asked kind is admitted, and no other', async (t) => {
  const { call } = await host(t, { acr: ['urn:mfa', 'urn:key'] })
  for (const acr of ['urn:mfa', 'urn:key']) t.is((await call({ acr })).status, 200)
  for (const acr of [undefined, null, '', 'urn:MFA', 'urn:mfa urn:key', ['urn:mfa'], { 0: 'urn:mfa' }, true, 1]) {
    const { status, headers, body } = await call({ acr })
    t.is(status, 401, JSON.stringify(acr))
    t.like(JSON.parse(body), { code: 'step_up_required', message: 'Stronger authentication required' })
    t.is(headers['www-authenticate'], 'Bearer error="insufficient_user_authentication", acr_values="urn:mfa urn:key"')
  }
})

test('a token whose login is too long ago is refused, and so is one that does not say when it was', async (t) => {
  const { call, clock } = await host(t, { maxAge: '5m' })
  const now = seconds(clock)
  for (const age of [0, 1, 300, -60]) t.is((await call({ auth_time: now - age })).status, 200, `${age}`)
  const odd = [undefined, null, `${now}`, true, [now], { now }, -1, 0, now * 1_000]
  for (const auth_time of [now - 301, now + 61, ...odd]) {
    const { status, headers, body } = await call({ auth_time })
    t.is(status, 401, JSON.stringify(auth_time))
    t.is(JSON.parse(body).code, 'step_up_required')
    t.is(headers['www-authenticate'], 'Bearer error="insufficient_user_authentication", max_age="300"')
  }
})

test('a login grows old while its token is remembered', async (t) => {
  const { call, clock } = await host(t, { maxAge: '2s' })
  const auth_time = seconds(clock) - 1
  t.is((await call({ auth_time })).status, 200)
  clock.pass(1_000)
  t.is((await call({ auth_time })).status, 200)
  clock.pass(1)
  t.is((await call({ auth_time })).status, 401)
})

test('both are told where both are asked for, whichever is at fault', async (t) => {
  const { call, clock } = await host(t, { acr: 'gold', maxAge: '1h' })
  const fresh = { auth_time: seconds(clock) }
  t.is((await call({ ...fresh, acr: 'gold' })).status, 200)
  for (const claims of [fresh, { acr: 'gold' }, {}])
    t.is(
      (await call(claims)).headers['www-authenticate'],
      'Bearer error="insufficient_user_authentication", acr_values="gold", max_age="3600"',
    )
})

test('a bad token is bad before anybody asks for a better login', async (t) => {
  const { call } = await host(t, { acr: 'gold' })
  t.is(JSON.parse((await call({ exp: 1 })).body).code, 'token_expired')
  t.is(JSON.parse((await call({ aud: 'other' })).body).code, 'token_invalid')
})

test('an issuer that writes them elsewhere maps them', async (t) => {
  const { call, clock } = await host(t, { acr: 'gold', maxAge: '5m' }, { acr: '/login/level', auth_time: '/login/at' })
  t.is((await call({ login: { level: 'gold', at: seconds(clock) } })).status, 200)
  t.is((await call({ acr: 'gold', auth_time: seconds(clock) })).status, 401)
})
