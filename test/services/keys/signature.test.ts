import { createPublicKey, createSecretKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import test from 'ava'
import { Denial } from '../../../src/core/denial.ts'
import { isAlgorithm } from '../../../src/services/keys/algorithm.ts'
import { KeyFault, readJwk } from '../../../src/services/keys/public-key.ts'
import { isSigned } from '../../../src/services/keys/signature.ts'
import { readToken } from '../../../src/services/keys/token.ts'
import { craft } from '../../fixtures/tokens/craft.ts'
import { rsa } from '../../fixtures/tokens/keys.ts'

const cookbook = JSON.parse(readFileSync(new URL('../../fixtures/tokens/jose-cookbook.json', import.meta.url), 'utf8'))
const keyOf = (name: string) => {
  const jwk = cookbook.keys[name]
  return jwk.kty === 'oct' ? createSecretKey(jwk.k, 'base64url') : createPublicKey({ key: jwk, format: 'jwk' })
}

for (const { source, key, algorithm, compact } of cookbook.good) {
  test(`verifies ${algorithm} of ${source}`, (t) => {
    if (!isAlgorithm(algorithm)) return t.fail()
    t.true(isSigned(compact, algorithm, keyOf(key)))
  })

  test(`refuses ${algorithm} of ${source} once a byte of its payload or signature differs`, (t) => {
    if (!isAlgorithm(algorithm)) return t.fail()
    const [head, body, signature] = compact.split('.')
    const flip = (text: string) => `${text[0] === 'A' ? 'B' : 'A'}${text.slice(1)}`
    t.false(isSigned([head, flip(body), signature].join('.'), algorithm, keyOf(key)))
    t.false(isSigned([head, body, flip(signature)].join('.'), algorithm, keyOf(key)))
    t.false(isSigned([head, body, signature.slice(0, -4)].join('.'), algorithm, keyOf(key)))
    t.false(isSigned([head, body, 'AAAA'].join('.'), algorithm, keyOf(key)))
  })
}

for (const { source, text } of cookbook.refused) {
  test(`refuses ${source} as a bearer token`, (t) => {
    t.true(readToken(text) instanceof Denial)
  })
}

test('holds the header to the algorithm that was chosen', (t) => {
  const token = craft({ algorithm: 'PS256', key: rsa.privateKey })
  t.true(isSigned(token, 'PS256', rsa.publicKey))
  t.false(isSigned(token, 'RS256', rsa.publicKey))
})

test('takes the public keys of RFC 7520 as JWK', (t) => {
  const { rsa, ec } = cookbook.keys
  t.false(readJwk(rsa) instanceof KeyFault)
  t.false(readJwk(ec) instanceof KeyFault)
})
