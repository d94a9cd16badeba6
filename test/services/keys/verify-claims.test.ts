import test from 'ava'
import { Denial } from '../../../src/core/denial.ts'
import { craft, goodClaims, now } from '../../fixtures/tokens/craft.ts'
import { otherRsa, pem, rsa } from '../../fixtures/tokens/keys.ts'
import { good, hs, judge, openCorp } from '../../fixtures/tokens/open.ts'

const badClaims: Readonly<Record<string, object>> = {
  'no exp': { exp: undefined },
  'exp as text': { exp: String(now + 600) },
  'exp null': { exp: null },
  'exp as a list': { exp: [now + 600] },
  'exp as an object': { exp: { valueOf: now } },
  'exp true': { exp: true },
  'nbf as text': { nbf: '0' },
  'nbf null': { nbf: null },
  'iat as text': { iat: '0' },
  'iat as a list': { iat: [] },
  'no iss': { iss: undefined },
  'iss as a list': { iss: [goodClaims.iss] },
  'no aud': { aud: undefined },
  'an empty aud': { aud: [] },
  'aud as a number': { aud: 1 },
  'a nested aud': { aud: [['orders-api']] },
  'aud as an object': { aud: { 0: 'orders-api' } },
  'a mixed aud': { aud: ['orders-api', 1] },
  'sub as a number': { sub: 1 },
  'sub null': { sub: null },
  'jti as a number': { jti: 1 },
}
for (const [what, claims] of Object.entries(badClaims)) {
  test(`refuses ${what}`, async (t) => {
    t.regex(await judge(hs, craft({ ...good, claims })), /registered claim/)
  })
}

for (const iss of [
  'https://login.example',
  'https://LOGIN.example/',
  'https://login.example//',
  'https://login.example/\u0000',
  '',
]) {
  test(`refuses issuer \`${iss}\``, async (t) => {
    t.regex(await judge(hs, craft({ ...good, claims: { iss } })), /another issuer/)
  })
}

test('rejects a token for another audience', async (t) => {
  for (const aud of ['orders', 'Orders-Api', 'orders-api ', 'orders-api,x', ['x', 'y']]) {
    t.regex(await judge(hs, craft({ ...good, claims: { aud } })), /another audience/)
  }
  t.is(await judge(hs, craft({ ...good, claims: { aud: ['x', 'orders-api'] } })), 'u1')
  t.is(await judge({ ...hs, audience: ['a', 'b'] }, craft({ ...good, claims: { aud: 'b' } })), 'u1')
})

test('refuses an expired token as expired, to the second', async (t) => {
  t.regex(await judge(hs, craft({ ...good, claims: { exp: now } })), /^token_expired/)
  t.regex(
    await judge(
      hs,
      craft({ ...good, rawClaims: JSON.stringify({ ...goodClaims, exp: 0 }).replace('"exp":0', '"exp":-0') }),
    ),
    /^token_expired/,
  )
  t.regex(await judge(hs, craft({ ...good, claims: { exp: -1 } })), /^token_expired/)
  t.is(await judge(hs, craft({ ...good, claims: { exp: now + 0.5 } })), 'u1')
})

test('tells expiry of proven tokens only', async (t) => {
  t.regex(
    await judge(
      { algorithms: ['RS256'], publicKeys: [pem(rsa)] },
      craft({ algorithm: 'RS256', key: otherRsa.privateKey, claims: { exp: now - 9 } }),
    ),
    /^token_invalid: the signature/,
  )
})

test('refuses a token before its nbf', async (t) => {
  t.regex(await judge(hs, craft({ ...good, claims: { nbf: now + 1 } })), /not valid yet/)
  t.is(await judge(hs, craft({ ...good, claims: { nbf: now } })), 'u1')
})

test('grants the leeway at both ends', async (t) => {
  const block = { ...hs, leeway: '5s' }
  t.is(await judge(block, craft({ ...good, claims: { exp: now - 4, nbf: now + 5 } })), 'u1')
  t.regex(await judge(block, craft({ ...good, claims: { exp: now - 5 } })), /^token_expired/)
  t.regex(await judge(block, craft({ ...good, claims: { nbf: now + 6 } })), /not valid yet/)
})

test('holds typ to what the policy says, and unless told to what access tokens carry', async (t) => {
  const typed = (typ?: string) => craft({ ...good, header: typ === undefined ? {} : { typ } })
  const strict = { ...hs, type: 'at+jwt' }
  for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt']) t.is(await judge(strict, typed(typ)), 'u1', typ)
  for (const typ of [undefined, 'JWT', '', 'at+jwt ']) t.regex(await judge(strict, typed(typ)), /typ/, typ)
  for (const typ of [undefined, 'JWT', 'jwt', 'at+jwt']) t.is(await judge(hs, typed(typ)), 'u1', typ)
  for (const typ of ['logout+jwt', 'dpop+jwt', 'secevent+jwt', '']) t.regex(await judge(hs, typed(typ)), /typ/, typ)
})

test('answers 401 with the challenge of RFC 6750', async (t) => {
  const verifier = await openCorp(hs)
  const invalid = await verifier.verify('x')
  const expired = await verifier.verify(craft({ ...good, claims: { exp: 1 } }))
  if (!(invalid instanceof Denial) || !(expired instanceof Denial)) return t.fail()
  t.deepEqual(invalid.headers, ['WWW-Authenticate', 'Bearer error="invalid_token"'])
  t.deepEqual(expired.headers, [
    'WWW-Authenticate',
    'Bearer error="invalid_token", error_description="Token has expired"',
  ])
})
