import { generateKeyPairSync } from 'node:crypto'
import test from 'ava'
import { compileSchema } from '../../../src/schema/compile.ts'
import { checkIssuer, type IssuerBlock, issuerRules, issuerSchema } from '../../../src/services/keys/issuer.ts'
import { ed25519, jwk, p256, pem, rsa, secret } from '../../fixtures/tokens/keys.ts'

const base = { issuer: 'https://login.example/', audience: 'orders-api' }
const rs: IssuerBlock = { ...base, algorithms: ['RS256'], publicKeys: [pem(rsa)] }
const stored: IssuerBlock = { builtin: true, audience: 'a', refreshTtl: '30d' }
const hs: IssuerBlock = { ...base, algorithms: ['HS256'], secret }

/** Rule and path of every fault, in one line each. */
const findings = (block: unknown) =>
  checkIssuer(block as IssuerBlock).map(({ rule, path }) => [rule, ...path].join(' '))

test('finds nothing wrong with sound issuers', (t) => {
  const sound = [
    rs,
    hs,
    {
      ...base,
      algorithms: ['RS256', 'ES256', 'EdDSA'],
      publicKeys: [pem(rsa), jwk(p256), JSON.stringify(jwk(ed25519))],
    },
    { ...base, algorithms: ['RS256'], jwks: 'https://login.example/jwks' },
    { ...base, algorithms: ['RS256'], jwks: 'http://127.0.0.1:9/jwks' },
    { ...base, algorithms: ['RS256'], jwks: 'http://[::1]:9/jwks' },
    { ...hs, secret: `base64:${Buffer.from(secret).toString('base64url')}`, leeway: '5m' },
    { builtin: true, audience: 'a', accessTtl: '10m' },
    { builtin: true, audience: ['a'], issuer: 'https://here.example' },
    { ...stored, algorithms: ['EdDSA', 'HS256', 'PS512'], rotateKeys: '7d' },
    { ...stored, accessTtl: '15m', rotateKeys: '1262s' },
    { ...stored, accessTtl: '15m', rotateKeys: '${value:days}' },
  ]
  for (const block of sound) t.deepEqual(findings(block), [])
})

const cases: Readonly<Record<string, readonly [unknown, ...string[]]>> = {
  'a missing issuer': [{ ...rs, issuer: undefined }, 'issuers/no-issuer'],
  'a missing audience': [{ ...rs, audience: undefined }, 'issuers/no-audience'],
  'a missing audience of a builtin issuer': [{ builtin: true }, 'issuers/no-audience'],
  'missing algorithms': [{ ...rs, algorithms: undefined }, 'issuers/no-algorithms'],
  none: [{ ...rs, algorithms: ['RS256', 'None'] }, 'issuers/insecure-algorithm algorithms 1'],
  'an unknown algorithm': [{ ...rs, algorithms: ['RS256', 'RS1'] }, 'issuers/unknown-algorithm algorithms 1'],
  'HMAC with public keys': [{ ...rs, algorithms: ['RS256', 'HS256'] }, 'issuers/algorithm-key-mismatch algorithms 1'],
  'HMAC with jwks': [
    { ...base, algorithms: ['HS256'], jwks: 'https://a.example/' },
    'issuers/algorithm-key-mismatch algorithms 0',
  ],
  'RSA with a secret': [{ ...hs, algorithms: ['RS256'] }, 'issuers/algorithm-key-mismatch algorithms 0'],
  'an algorithm without a key': [
    { ...rs, algorithms: ['RS256', 'ES256'] },
    'issuers/algorithm-key-mismatch algorithms 1',
  ],
  'a key without an algorithm': [
    { ...rs, publicKeys: [pem(rsa), pem(p256)] },
    'issuers/algorithm-key-mismatch publicKeys 1',
  ],
  'no keys': [{ ...base, algorithms: ['RS256'] }, 'issuers/no-keys'],
  'several key sources': [{ ...rs, jwks: 'https://a.example/' }, 'issuers/several-key-sources publicKeys'],
  'a short secret': [{ ...hs, secret: 'sEcr3t-that-is-not-long-enough!' }, 'issuers/weak-secret secret'],
  'a short secret in base64': [
    { ...hs, secret: `base64:${Buffer.alloc(31, 'abcdefghijk').toString('base64')}` },
    'issuers/weak-secret secret',
  ],
  'the secret of a tutorial': [
    { ...hs, secret: 'a-string-secret-at-least-256-bits-long' },
    'issuers/weak-secret secret',
  ],
  'the key of RFC 7520': [
    { ...hs, secret: 'base64:hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg' },
    'issuers/weak-secret secret',
  ],
  'the key of RFC 7520 as text': [
    { ...hs, secret: 'hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg' },
    'issuers/weak-secret secret',
  ],
  'a secret of few letters': [{ ...hs, secret: 'abacabcabbacbabcacbabcabacbabcab' }, 'issuers/weak-secret secret'],
  'a repeated secret': [{ ...hs, secret: 'hunter42'.repeat(8) }, 'issuers/weak-secret secret'],
  'a placeholder': [{ ...hs, secret: 'please-CHANGE-ME-before-you-go-to-production' }, 'issuers/weak-secret secret'],
  'broken base64': [{ ...hs, secret: 'base64:!!!' }, 'issuers/invalid-secret secret'],
  'a secret shorter than the hash': [
    { ...hs, algorithms: ['HS512'], secret: secret.slice(0, 40) },
    'issuers/short-secret secret',
  ],
  'a public key as a secret': [{ ...hs, secret: pem(rsa) }, 'issuers/public-key-as-secret secret'],
  'a JWK as a secret': [{ ...hs, secret: JSON.stringify(jwk(rsa)) }, 'issuers/public-key-as-secret secret'],
  'a public key as a secret in base64': [
    { ...hs, secret: `base64:${Buffer.from(pem(rsa)).toString('base64')}` },
    'issuers/public-key-as-secret secret',
  ],
  'text that is no key': [{ ...rs, publicKeys: ['hello'] }, 'issuers/invalid-key publicKeys 0'],
  'a certificate': [
    { ...rs, publicKeys: ['-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----'] },
    'issuers/invalid-key publicKeys 0',
  ],
  'broken PEM': [
    { ...rs, publicKeys: ['-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----'] },
    'issuers/invalid-key publicKeys 0',
  ],
  'broken JSON': [{ ...rs, publicKeys: ['{'] }, 'issuers/invalid-key publicKeys 0'],
  'a JWK off the curve': [
    { ...base, algorithms: ['ES256'], publicKeys: [jwk(p256, { x: jwk(p256).y })] },
    'issuers/invalid-key publicKeys 0',
  ],
  'a private key as PEM': [
    { ...rs, publicKeys: [rsa.privateKey.export({ type: 'pkcs8', format: 'pem' })] },
    'issuers/private-key publicKeys 0',
  ],
  'a private key as JWK': [
    { ...rs, publicKeys: [rsa.privateKey.export({ format: 'jwk' })] },
    'issuers/private-key publicKeys 0',
  ],
  'a symmetric JWK': [{ ...rs, publicKeys: [{ kty: 'oct', k: 'AAAA' }] }, 'issuers/private-key publicKeys 0'],
  'an encryption key': [{ ...rs, publicKeys: [jwk(rsa, { use: 'enc' })] }, 'issuers/unusable-key publicKeys 0'],
  'a key for other operations': [
    { ...rs, publicKeys: [jwk(rsa, { key_ops: ['encrypt'] })] },
    'issuers/unusable-key publicKeys 0',
  ],
  'a JWK whose alg its type denies': [
    { ...rs, publicKeys: [jwk(rsa, { alg: 'ES256' })] },
    'issuers/unusable-key publicKeys 0',
  ],
  'a key of another curve': [
    { ...base, algorithms: ['ES256'], publicKeys: [curve('secp256k1')] },
    'issuers/unusable-key publicKeys 0',
  ],
  'a short RSA key': [
    { ...rs, publicKeys: [pem(generateKeyPairSync('rsa', { modulusLength: 1024 }))] },
    'issuers/weak-key publicKeys 0',
  ],
  'an RSA key with e = 1': [{ ...rs, publicKeys: [jwk(rsa, { e: 'AQ' })] }, 'issuers/weak-key publicKeys 0'],
  'a ROCA key': [{ ...rs, publicKeys: [jwk(rsa, { n: rocaModulus() })] }, 'issuers/weak-key publicKeys 0'],
  'plain http to another machine': [
    { ...base, algorithms: ['RS256'], jwks: 'http://login.example/' },
    'issuers/insecure-jwks jwks',
  ],
  'plain http to a name that only begins like this machine': [
    { ...base, algorithms: ['RS256'], jwks: 'http://localhost.evil.example/' },
    'issuers/insecure-jwks jwks',
  ],
  'jwks that is no URL': [{ ...base, algorithms: ['RS256'], jwks: 'login.example/jwks' }, 'issuers/invalid-jwks jwks'],
  'jwks of another scheme': [{ ...base, algorithms: ['RS256'], jwks: 'file:///etc/keys' }, 'issuers/invalid-jwks jwks'],
  'certificates for keys that come in clear': [
    { ...base, algorithms: ['RS256'], jwks: { url: 'http://127.0.0.1/jwks', serverName: 'login.example' } },
    'issuers/unused-tls jwks serverName',
  ],
  'a certificate without its key': [
    { ...base, algorithms: ['RS256'], jwks: { url: 'https://login.example/jwks', cert: 'x' } },
    'issuers/invalid-certificate jwks cert',
  ],
  'jwks with credentials': [
    { ...base, algorithms: ['RS256'], jwks: 'https://a:b@login.example/' },
    'issuers/invalid-jwks jwks',
  ],
  'a long leeway': [{ ...rs, leeway: '301s' }, 'issuers/long-leeway leeway'],
  'keys of a builtin issuer': [
    { builtin: true, audience: 'a', secret, leeway: '5s' },
    'issuers/unexpected-option secret',
    'issuers/unexpected-option leeway',
  ],
  'stored keys without a database': [
    { builtin: true, audience: 'a', algorithms: ['ES256'], rotateKeys: '7d' },
    'issuers/unexpected-option algorithms',
    'issuers/unexpected-option rotateKeys',
  ],
  'none of a builtin issuer': [{ ...stored, algorithms: ['ES256', 'none'] }, 'issuers/insecure-algorithm algorithms 1'],
  'keys that change before caches know them': [
    { ...stored, accessTtl: '15m', rotateKeys: '1261s' },
    'issuers/short-rotation rotateKeys',
  ],
  'tokens that outlive their key': [{ ...stored, accessTtl: '30d' }, 'issuers/short-rotation accessTtl'],
  'accessTtl of another issuer': [{ ...rs, accessTtl: '10m' }, 'issuers/unexpected-option accessTtl'],
}
for (const [what, [block, ...expected]] of Object.entries(cases)) {
  test(`reports ${what}`, (t) => t.deepEqual(findings(block), expected))
}

test('has a case for each of its rules', (t) => {
  const met = new Set(Object.values(cases).flatMap(([, ...found]) => found.map((line) => line.split(' ')[0])))
  t.deepEqual(
    Object.keys(issuerRules).filter((rule) => !met.has(rule)),
    [],
  )
})

test('reports every fault of a block at once', (t) => {
  t.deepEqual(findings({ algorithms: ['none', 'HS256'], jwks: 'http://a.example' }), [
    'issuers/no-issuer',
    'issuers/no-audience',
    'issuers/insecure-algorithm algorithms 0',
    'issuers/algorithm-key-mismatch algorithms 1',
    'issuers/insecure-jwks jwks',
  ])
})

test('does not judge what is filled in later', (t) => {
  const later = '${secret:x}'
  const blocks = [
    { ...base, algorithms: ['HS256'], secret: later },
    { ...base, algorithms: '${value:a}', publicKeys: [later, pem(rsa)] },
    { ...base, algorithms: ['${env:A}'], publicKeys: later },
    { ...base, algorithms: ['RS256'], jwks: '${env:URL}' },
    { ...rs, leeway: '${env:L}' },
  ]
  for (const block of blocks) t.deepEqual(findings(block), [])
})

test('never quotes a secret', (t) => {
  for (const text of ['hunter2', `base64:${'!'.repeat(9)}`, pem(rsa)]) {
    for (const { message } of checkIssuer({ ...hs, secret: text })) t.false(message.includes(text))
  }
})

test('says in its schema what an issuer looks like', (t) => {
  const shape = compileSchema(issuerSchema)
  const errors = (value: unknown) => shape.check(value).errors?.map(({ rule, path }) => [rule, ...path].join(' ')) ?? []
  t.deepEqual(errors(rs), [])
  t.deepEqual(errors({ ...hs, claims: { roles: '/realm_access/roles', plan: 'https://x.example/plan' } }), [])
  t.deepEqual(errors({ ...rs, jkws: 'x' }), ['additionalProperties jkws'])
  t.deepEqual(errors({ ...rs, leeway: '5' }), ['pattern leeway'])
  t.deepEqual(errors({ ...rs, claims: { roles: '/a~2' } }), ['pattern claims roles'])
  t.is(errors({ builtin: false }).length, 1)
})

function curve(namedCurve: string): string {
  return generateKeyPairSync('ec', { namedCurve }).publicKey.export({ type: 'spki', format: 'pem' }).toString()
}

/** A 2048-bit modulus of the form k·M + (65537^a mod M), which is what the fingerprint tells. */
function rocaModulus(): string {
  const primes = Array.from({ length: 702 }, (_, n) => n).filter(
    (n) => n > 1 && Array.from({ length: n }, (_, d) => d).every((d) => d < 2 || n % d !== 0),
  )
  const product = primes.slice(0, 126).reduce((all, prime) => all * BigInt(prime), 1n)
  let power = 1n
  for (let step = 0; step < 12_345; step++) power = (power * 65537n) % product
  const shift = 2048n - BigInt(product.toString(2).length)
  const hex = (product * ((1n << shift) + 7n) + power).toString(16)
  return Buffer.from(hex.padStart(Math.ceil(hex.length / 2) * 2, '0'), 'hex').toString('base64url')
}
