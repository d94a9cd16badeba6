import type { KeyObject } from 'node:crypto'
import { createSecretKey, sign } from 'node:crypto'
import test from 'ava'
import { Denial } from '../../../src/core/denial.ts'
import type { IssuerBlock } from '../../../src/services/keys/issuer.ts'
import { craft, encode, goodClaims, now, seal } from '../../fixtures/tokens/craft.ts'
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
import { openCorp } from '../../fixtures/tokens/open.ts'

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

const hs: IssuerBlock = { algorithms: ['HS256'], secret }
const good = { algorithm: 'HS256', key: hmacKey } as const

/** The principal's id, or the code and cause of the refusal. */
async function judge(block: IssuerBlock, token: string): Promise<string> {
  const verdict = await (await openCorp(block)).verify(token)
  return verdict instanceof Denial ? `${verdict.code}: ${verdict.cause ?? ''}` : verdict.principal.id
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

const badHeaders: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  crit: { crit: ['exp'] },
  'an empty crit': { crit: [] },
  'a null crit': { crit: null },
  'b64 false': { b64: false },
  'b64 true': { b64: true },
  enc: { enc: 'A128GCM' },
  zip: { zip: 'DEF' },
  'a nested token': { cty: 'JWT' },
  'a nested token in small letters': { cty: 'application/jwt' },
  'a numeric kid': { kid: 1 },
  'a null kid': { kid: null },
  'a list as kid': { kid: ['a'] },
  'a numeric typ': { typ: 1 },
  'alg as a list': { alg: ['HS256'] },
  'alg null': { alg: null },
}
for (const [what, header] of Object.entries(badHeaders)) {
  test(`refuses a header with ${what}`, async (t) => {
    t.regex(await judge(hs, craft({ ...good, header })), /^token_invalid: the header/)
  })
}

const badTexts: Readonly<Record<string, string | Buffer>> = {
  'a duplicate member': '{"alg":"HS256","alg":"HS256"}',
  'a duplicate member in an escape': '{"alg":"HS256","\\u0061lg":"HS256"}',
  'a byte order mark': '\ufeff{"alg":"HS256"}',
  'a list': '["HS256"]',
  null: 'null',
  text: '"HS256"',
  nothing: ' ',
  'trailing text': '{"alg":"HS256"}x',
  'invalid UTF-8': Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
  'a number that is not finite': '{"alg":"HS256","x":1e999}',
  'depth without end': `{"alg":"HS256","x":${'['.repeat(100)}${']'.repeat(100)}}`,
}
for (const [what, raw] of Object.entries(badTexts)) {
  test(`refuses a header that is ${what}`, async (t) => {
    t.regex(await judge(hs, craft({ ...good, rawHeader: raw })), /^token_invalid: the header or the payload/)
  })
  test(`refuses a payload that is ${what}`, async (t) => {
    const rawClaims =
      typeof raw === 'string'
        ? raw
            .replaceAll('"alg":"HS256"', '"iss":"https://login.example/"')
            .replace('\\u0061lg":"HS256"', '\\u0069ss":"x"')
        : raw
    t.regex(await judge(hs, craft({ ...good, rawClaims })), /^token_invalid: the header or the payload/)
  })
}

test('refuses whatever is not three parts of canonical base64url', async (t) => {
  const [head = '', body = '', signature = ''] = craft(good).split('.')
  const stray = `${signature.slice(0, -1)}${String.fromCharCode(signature.charCodeAt(signature.length - 1) + 1)}`
  const texts = [
    '',
    '.',
    '..',
    'a.b',
    `${head}.${body}`,
    `${head}.${body}.`,
    `.${body}.${signature}`,
    `${head}..${signature}`,
    `${head}.${body}.${signature}.`,
    `${head}.${body}.${signature}.x.y`,
    `.${head}.${body}.${signature}`,
    `${head}.${body}.${signature}=`,
    `${head}=.${body}.${signature}`,
    ` ${head}.${body}.${signature}`,
    `${head}.${body}.${signature}\n`,
    `${head}.${body}.${stray}`,
    `${head}.${body} .${signature}`,
    `${head}.${body}.${signature}\u0000`,
    `${head}\u2028.${body}.${signature}`,
    `${head}.${body}.é${signature}`,
    JSON.stringify({ protected: head, payload: body, signature }),
  ]
  for (const text of texts) t.regex(await judge(hs, text), /three parts of canonical base64url/, text)
  t.regex(await judge(hs, seal(`${head}.${body}+/`, 'HS256', hmacKey)), /three parts/)
})

test('refuses a token longer than 8 kB', async (t) => {
  const token = (length: number) => craft({ ...good, claims: { pad: 'x'.repeat(length) } })
  t.is(await judge(hs, token(5900)), 'u1')
  t.regex(await judge(hs, token(6200)), /longer than 8192/)
  t.regex(await judge(hs, 'a'.repeat(10_000_000)), /longer than 8192/)
})

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
    await judge(rs, craft({ algorithm: 'RS256', key: otherRsa.privateKey, claims: { exp: now - 9 } })),
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
