/** Keys that are made here, held against what others say of them: Node's own JWK import, and jsonwebtoken. */

import { createHash, createPublicKey, createSecretKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import jwt from 'jsonwebtoken'
import { Denial } from '../../../../src/core/denial.ts'
import type { KeptSigningKey } from '../../../../src/services/accounts/signing-keys.ts'
import { type Algorithm, algorithms, isSymmetric } from '../../../../src/services/keys/algorithm.ts'
import { mintToken } from '../../../../src/services/keys/mint.ts'
import { readJwk } from '../../../../src/services/keys/public-key.ts'
import { readKeySet } from '../../../../src/services/keys/stored/key-set.ts'
import { makeSigningKey } from '../../../../src/services/keys/stored/make-key.ts'
import { readToken } from '../../../../src/services/keys/token.ts'
import { HandClock } from '../../../helpers/hand-clock.ts'

const kept = async (algorithm: Algorithm, state: KeptSigningKey['state'] = 'current'): Promise<KeptSigningKey> => ({
  ...(await makeSigningKey(algorithm)),
  issuer: 'shop',
  state,
  createdAt: 0,
  signsFrom: 0,
  signsUntil: undefined,
})

/** RFC 7638 §3, for each type of key anew. */
function nameOf({ kty, crv, x, y, n, e }: JsonWebKey): string {
  const texts: Readonly<Record<string, string>> = {
    EC: `{"crv":"${crv}","kty":"EC","x":"${x}","y":"${y}"}`,
    OKP: `{"crv":"${crv}","kty":"OKP","x":"${x}"}`,
    RSA: `{"e":"${e}","kty":"RSA","n":"${n}"}`,
  }
  return createHash('sha256')
    .update(texts[kty ?? ''] ?? '')
    .digest('base64url')
}

const block = { builtin: true, audience: 'shop-api', accessTtl: '15m' } as const
const minting = { name: 'shop', block, sub: 'alice', scopes: ['orders:read'], roles: ['customer'] }

/** As a third party does, which knows nothing of this project. */
function claimsOf(t: ExecutionContext, token: string, algorithm: Algorithm, key: KeyObject): Record<string, unknown> {
  const [head = '', body = '', signature = ''] = token.split('.')
  if (algorithm === 'EdDSA')
    t.true(verify(null, Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url')))
  else jwt.verify(token, key, { algorithms: [algorithm], clockTimestamp: new HandClock().now() / 1_000 })
  return JSON.parse(Buffer.from(body, 'base64url').toString())
}

for (const algorithm of algorithms)
  test(`a key for ${algorithm} signs tokens in the shape of RFC 9068, which anybody can verify`, async (t) => {
    t.timeout(120_000)
    const made = await kept(algorithm)
    const set = readKeySet([made])
    if (set === undefined) return t.fail()
    const token = mintToken(minting, set.signing, new HandClock())
    const { keys } = JSON.parse(set.published.body)
    const read = readToken(token)
    if (read instanceof Denial) return t.fail()
    t.deepEqual(read.header, { alg: algorithm, kid: made.kid, typ: 'at+jwt' })
    t.regex(made.kid, /^[A-Za-z0-9_-]{43}$/)
    if (isSymmetric(algorithm)) {
      t.deepEqual(keys, [])
      const secret = Buffer.from(JSON.parse(made.privateKey).k, 'base64url')
      t.is(secret.length, Number(algorithm.slice(2)) / 8)
      t.is(claimsOf(t, token, algorithm, createSecretKey(secret)).sub, 'alice')
      return
    }
    t.like(keys, [{ alg: algorithm, use: 'sig', kid: made.kid }])
    t.is(nameOf(keys[0]), made.kid)
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) t.false(Object.hasOwn(keys[0], secret))
    t.like(
      readJwk(keys[0]),
      { kid: made.kid, algorithms: [algorithm] },
      'it is one that this project accepts of others',
    )
    const claims = claimsOf(t, token, algorithm, createPublicKey({ key: keys[0], format: 'jwk' }))
    for (const name of ['iss', 'sub', 'aud', 'exp', 'iat', 'jti', 'client_id', 'scope'])
      t.true(Object.hasOwn(claims, name))
    t.is(claims.exp, Number(claims.iat) + 900)
  })

test('no two keys are alike', async (t) => {
  for (const algorithm of ['HS256', 'ES256', 'EdDSA'] as const) {
    const made = await Promise.all([makeSigningKey(algorithm), makeSigningKey(algorithm)])
    t.is(new Set(made.flatMap(({ kid, privateKey }) => [kid, privateKey])).size, 4)
  }
})

test('all public keys are published, the one that signs first, and no secret', async (t) => {
  const keys = [
    await kept('HS256', 'previous'),
    await kept('EdDSA', 'previous'),
    await kept('ES256'),
    await kept('PS256', 'next'),
  ]
  const set = readKeySet(keys)
  const published: { alg: string }[] = JSON.parse(set?.published.body ?? '').keys
  t.deepEqual(
    published.map(({ alg }) => alg),
    ['ES256', 'PS256', 'EdDSA'],
  )
  t.is(set?.verifying.length, 4)
  for (const { privateKey } of keys) {
    const { d, k } = JSON.parse(privateKey)
    t.false(set?.published.body.includes(d ?? k))
  }
})

test('what stands unsealed beside a key changes nothing of it', async (t) => {
  const [good, other] = [await kept('ES256'), await kept('ES256')]
  const set = readKeySet([{ ...good, algorithm: 'HS256', publicKey: other.publicKey }])
  t.deepEqual(
    set?.verifying.map(({ algorithms: names }) => names),
    [['ES256']],
  )
  t.is(JSON.parse(set?.published.body ?? '').keys[0].x, JSON.parse(good.publicKey).x)
})

test('of keys of which none signs there is no set, and rows that are no keys are refused by name', async (t) => {
  t.is(readKeySet([]), undefined)
  t.is(readKeySet([await kept('ES256', 'next')]), undefined)
  const [good, other] = [await kept('ES256'), await kept('ES384')]
  const jwk = JSON.parse(good.privateKey)
  const broken = [
    'no JSON',
    'null',
    '7',
    '{}',
    other.privateKey,
    ...[{ alg: 'ES1' }, { alg: 'ES384' }, { alg: 'HS256' }, { alg: ['ES256'] }, { d: undefined }, { x: jwk.y }].map(
      (part) => JSON.stringify({ ...jwk, ...part }),
    ),
    '{"kty":"oct","k":"","alg":"HS256"}',
    `{"kty":"oct","k":"${'A'.repeat(42)}","alg":"HS256"}`,
    '{"kty":"oct","k":7,"alg":"HS256"}',
  ]
  for (const privateKey of broken) {
    const error = t.throws(() => readKeySet([{ ...good, privateKey }]), { instanceOf: TypeError }, privateKey)
    t.true(error.message.includes(good.kid))
    t.false(error.message.includes(JSON.parse(good.privateKey).d))
  }
})
