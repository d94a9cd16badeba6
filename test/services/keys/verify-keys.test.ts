import { createSecretKey, type KeyObject, sign } from 'node:crypto'
import test from 'ava'
import type { IssuerBlock } from '../../../src/services/keys/issuer.ts'
import { craft, encode, goodClaims, seal } from '../../fixtures/tokens/craft.ts'
import {
  ed25519,
  hmacKey,
  jwk,
  otherP256,
  otherRsa,
  p256,
  p384,
  p521,
  pem,
  rsa,
  secret,
} from '../../fixtures/tokens/keys.ts'
import { good, hs, judge, openCorp } from '../../fixtures/tokens/open.ts'

type Pair = typeof rsa
const pairs: Readonly<Record<string, Pair>> = {
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  PS256: rsa,
  PS384: rsa,
  PS512: rsa,
  ES256: p256,
  ES384: p384,
  ES512: p521,
  EdDSA: ed25519,
}

for (const [algorithm, pair] of Object.entries(pairs)) {
  test(`accepts ${algorithm}`, async (t) => {
    const block = { algorithms: [algorithm], publicKeys: [pem(pair)] }
    t.is(await judge(block, craft({ algorithm, key: pair.privateKey })), 'u1')
  })

  test(`refuses ${algorithm} when the policy does not allow it`, async (t) => {
    const block = {
      algorithms: Object.keys(pairs).filter((name) => name !== algorithm),
      publicKeys: Object.values(pairs).slice(2, 10).map(pem),
    }
    t.regex(await judge(block, craft({ algorithm, key: pair.privateKey })), /algorithm is not allowed/)
  })
}

for (const algorithm of ['HS256', 'HS384', 'HS512']) {
  test(`accepts ${algorithm}`, async (t) => {
    t.is(await judge({ algorithms: [algorithm], secret }, craft({ algorithm, key: hmacKey })), 'u1')
  })
}

test('decodes a secret after base64:', async (t) => {
  const block = { algorithms: ['HS256'], secret: `base64:${Buffer.from(secret).toString('base64')}` }
  t.is(await judge(block, craft(good)), 'u1')
})

test('answers at once where the keys are known', async (t) => {
  const verifier = await openCorp(hs)
  t.false(verifier.verify(craft(good)) instanceof Promise)
})

const rs: IssuerBlock = { algorithms: ['RS256'], publicKeys: [pem(rsa)] }

test('refuses an HMAC made with the public key as its secret', async (t) => {
  const both = { algorithms: ['RS256', 'HS256'], publicKeys: [pem(rsa)] }
  const der = rsa.publicKey.export({ type: 'spki', format: 'der' })
  const secrets = [pem(rsa), pem(rsa).trim(), der, JSON.stringify(jwk(rsa))].map((text) =>
    createSecretKey(Buffer.from(text)),
  )
  for (const key of secrets) {
    const token = craft({ algorithm: 'HS256', key })
    t.regex(await judge(rs, token), /^token_invalid/)
    t.regex(await judge(both, token), /^token_invalid: no known key/)
  }
})

test('refuses an algorithm that the header claims and the key does not have', async (t) => {
  const block = { algorithms: ['RS256', 'ES256', 'PS256'], publicKeys: [jwk(rsa, { alg: 'RS256' }), pem(p256)] }
  t.is(await judge(block, craft({ algorithm: 'RS256', key: rsa.privateKey })), 'u1')
  t.regex(await judge(block, craft({ algorithm: 'PS256', key: rsa.privateKey })), /no known key/)
  t.regex(
    await judge(block, craft({ algorithm: 'RS256', key: rsa.privateKey, header: { alg: 'ES256' } })),
    /signature is wrong/,
  )
})

test('binds ES256 to P-256', async (t) => {
  const block = { algorithms: ['ES256', 'ES384'], publicKeys: [pem(p384), pem(otherP256)] }
  const token = sealed({ alg: 'ES256' }, p384.privateKey)
  t.regex(await judge(block, token), /signature is wrong/)
  t.regex(await judge({ algorithms: ['ES256'], publicKeys: [pem(p384)] }, token), /no known key/)
})

/** ES256's hash under a key of another curve. */
function sealed(header: object, key: KeyObject): string {
  const text = `${encode(JSON.stringify(header))}.${encode(JSON.stringify(goodClaims))}`
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

test('refuses the signature of zeros that a broken ECDSA accepts', async (t) => {
  const [head, body] = craft({ algorithm: 'ES256', key: p256.privateKey }).split('.')
  const token = `${head}.${body}.${Buffer.alloc(64).toString('base64url')}`
  t.regex(await judge({ algorithms: ['ES256'], publicKeys: [pem(p256)] }, token), /signature is wrong/)
})

for (const alg of [
  'none',
  'None',
  'NONE',
  'nOnE',
  '',
  'hs256',
  'HS256 ',
  'HS1',
  'toString',
  '__proto__',
  'constructor',
]) {
  test(`refuses alg \`${alg}\``, async (t) => {
    const [, body] = craft(good).split('.')
    const head = encode(JSON.stringify({ alg }))
    t.regex(await judge(hs, seal(`${head}.${body}`, 'HS256', hmacKey)), /^token_invalid/)
    t.regex(await judge(hs, `${head}.${body}.`), /^token_invalid/)
    t.regex(await judge({ ...hs, algorithms: [alg] }, `${head}.${body}.AA`), /^token_invalid/)
  })
}

test('refuses another key of the same kind', async (t) => {
  t.regex(await judge(rs, craft({ algorithm: 'RS256', key: otherRsa.privateKey })), /signature is wrong/)
})

test('never follows a key that the token brings along', async (t) => {
  const header = { jwk: jwk(otherRsa), jku: 'http://127.0.0.1:1/jwks', x5u: 'http://127.0.0.1:1/x', x5c: ['AAAA'] }
  t.regex(await judge(rs, craft({ algorithm: 'RS256', key: otherRsa.privateKey, header })), /signature is wrong/)
  t.is(await judge(rs, craft({ algorithm: 'RS256', key: rsa.privateKey, header })), 'u1')
})

test('selects by kid among the known keys', async (t) => {
  const block = { algorithms: ['RS256'], publicKeys: [jwk(rsa, { kid: 'a' }), jwk(otherRsa, { kid: 'b' })] }
  const token = (kid?: string) =>
    craft({ algorithm: 'RS256', key: otherRsa.privateKey, header: kid === undefined ? {} : { kid } })
  t.is(await judge(block, token('b')), 'u1')
  t.is(await judge(block, token()), 'u1')
  t.regex(await judge(block, token('a')), /signature is wrong/)
  for (const kid of ['c', '../../dev/null', "' or 1=1 --", '__proto__', '', '/dev/null', 'A']) {
    t.regex(await judge(block, token(kid)), /no known key/)
  }
})

test('tries no more than eight keys on one token', async (t) => {
  const publicKeys = Array.from({ length: 8 }, () => pem(otherRsa))
  t.is(
    await judge(
      { algorithms: ['RS256'], publicKeys: [...publicKeys.slice(1), pem(rsa)] },
      craft({ algorithm: 'RS256', key: rsa.privateKey }),
    ),
    'u1',
  )
  t.regex(
    await judge(
      { algorithms: ['RS256'], publicKeys: [...publicKeys, pem(rsa)] },
      craft({ algorithm: 'RS256', key: rsa.privateKey }),
    ),
    /no known key/,
  )
})
