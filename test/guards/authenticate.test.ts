import test, { type ExecutionContext } from 'ava'
import type { Exchange } from '../../src/core/exchange.ts'
import { anonymous } from '../../src/core/principal.ts'
import { authenticate } from '../../src/guards/authenticate/authenticate.ts'
import { compileSchema } from '../../src/schema/compile.ts'
import type { IssuerBlock } from '../../src/services/keys/issuer.ts'
import { openIssuer } from '../../src/services/keys/open-issuer.ts'
import type { TokenVerifier } from '../../src/services/keys/verifier.ts'
import type { Services } from '../../src/services/services.ts'
import { craft, encode } from '../fixtures/tokens/craft.ts'
import { hmacKey, p256, pem, secret } from '../fixtures/tokens/keys.ts'
import { worldOf } from '../fixtures/tokens/open.ts'
import { hostGuard, siteOf } from '../helpers/guard-host.ts'

type Block = Parameters<typeof authenticate.compile>[0]

const blocks: Readonly<Record<string, IssuerBlock>> = {
  corp: { issuer: 'https://login.example/', audience: ['orders-api', 'admin-api'], algorithms: ['HS256'], secret },
  partner: {
    issuer: 'https://partner.example/',
    audience: 'orders-api',
    algorithms: ['ES256'],
    publicKeys: [pem(p256)],
  },
  twin: { issuer: 'https://login.example/', audience: 'x', algorithms: ['ES256'], publicKeys: [pem(p256)] },
}

async function issuersOf(names: readonly string[]): Promise<ReadonlyMap<string, TokenVerifier>> {
  const opened = names.map(async (name) => [name, await openIssuer(name, blocks[name] ?? {}, worldOf())] as const)
  return new Map(await Promise.all(opened))
}

const compile = async (block: Block, names: readonly string[]) =>
  authenticate.compile(block, siteOf(), { issuers: await issuersOf(names) } as Services)

async function host(t: ExecutionContext, block: Block, names = ['corp']) {
  const plan = await compile(block, names)
  const destination = ({ principal, credentials }: Exchange) => ({
    status: 200,
    headers: [],
    body: JSON.stringify({ id: principal.id, roles: principal.roles, credentials }),
  })
  return hostGuard(t, { plan, destination })
}

const token = craft({ algorithm: 'HS256', key: hmacKey })
const partnerToken = craft({ algorithm: 'ES256', key: p256.privateKey, claims: { iss: 'https://partner.example/' } })
const bearer = (text: string) => ({ headers: { authorization: `Bearer ${text}` } })

test('admits a good token and consumes it', async (t) => {
  const send = await host(t, 'jwt')
  const { status, body } = await send(bearer(token))
  t.is(status, 200)
  t.deepEqual(JSON.parse(body), { id: 'u1', roles: [], credentials: ['authorization'] })
})

test('reads the scheme in any case and with any number of spaces', async (t) => {
  const send = await host(t, 'jwt')
  for (const scheme of ['bearer ', 'BEARER ', 'bEaReR   ']) {
    t.is((await send({ headers: { authorization: `${scheme}${token}` } })).status, 200, scheme)
  }
})

test('answers a missing credential with a challenge that tells no error', async (t) => {
  const send = await host(t, 'jwt')
  const { status, headers, body } = await send()
  t.is(status, 401)
  t.is(headers['www-authenticate'], 'Bearer')
  t.like(JSON.parse(body), { code: 'token_missing', message: 'Missing or invalid authorization header' })
})

test('takes no other scheme and no empty token', async (t) => {
  const send = await host(t, 'jwt')
  const bad = ['Basic dTpw', token, 'Bearer', 'Bearer ', `Bearer\t${token}`, `Token ${token}`, `Bearer${token}`, '']
  for (const authorization of bad) {
    const { status, headers, body } = await send({ headers: { authorization } })
    t.deepEqual(
      [status, headers['www-authenticate'], JSON.parse(body).code],
      [401, 'Bearer', 'token_missing'],
      authorization,
    )
  }
})

test('answers a bad token as invalid, and an expired one as expired', async (t) => {
  const send = await host(t, 'jwt')
  for (const text of ['x', `${token}, ${token}`, `${token} `.repeat(2), `"${token}"`, partnerToken]) {
    const { status, headers, body } = await send(bearer(text))
    t.deepEqual(
      [status, headers['www-authenticate'], JSON.parse(body).code],
      [401, 'Bearer error="invalid_token"', 'token_invalid'],
      text,
    )
  }
  const { headers, body } = await send(bearer(craft({ algorithm: 'HS256', key: hmacKey, claims: { exp: 1 } })))
  t.is(headers['www-authenticate'], 'Bearer error="invalid_token", error_description="Token has expired"')
  t.like(JSON.parse(body), { code: 'token_expired', message: 'Token has expired' })
})

test('never reads a token from the query, a cookie or a body', async (t) => {
  const send = await host(t, 'jwt')
  const sent = {
    method: 'POST',
    path: `/?access_token=${token}`,
    headers: { cookie: `access_token=${token}`, 'content-type': 'application/x-www-form-urlencoded' },
    body: `access_token=${token}`,
  }
  t.is((await send(sent)).status, 401)
})

test('reads nothing where the route is public', async (t) => {
  const plan = await compile('public', ['corp'])
  t.deepEqual(plan, {})
  t.deepEqual(await compile(['public'], ['corp']), {})
})

test('admits callers without a credential where public is last, and refuses bad ones all the same', async (t) => {
  const send = await host(t, ['jwt', 'public'])
  const { status, body } = await send()
  t.is(status, 200)
  t.deepEqual(JSON.parse(body), { id: '', roles: anonymous.roles, credentials: [] })
  t.is(JSON.parse((await send(bearer(token))).body).id, 'u1')
  for (const authorization of ['Bearer x', 'Basic dTpw', 'Bearer', ''])
    t.is((await send({ headers: { authorization } })).status, 401, authorization)
})

test("picks the issuer by the token's iss among those of the route", async (t) => {
  const send = await host(t, { jwt: { issuers: ['corp', 'partner'] } }, ['corp', 'partner'])
  t.is((await send(bearer(token))).status, 200)
  t.is((await send(bearer(partnerToken))).status, 200)
  const forged = craft({ algorithm: 'HS256', key: hmacKey, claims: { iss: 'https://partner.example/' } })
  for (const iss of [['https://login.example/'], null, 1, 'https://other.example/', '__proto__']) {
    t.is((await send(bearer(craft({ algorithm: 'HS256', key: hmacKey, claims: { iss } })))).status, 401)
  }
  for (const text of [forged, 'x', `${encode('{}')}.${encode('[]')}.AA`]) t.is((await send(bearer(text))).status, 401)
})

test("counts tokens of the route's own issuers only", async (t) => {
  const send = await host(t, { jwt: { issuers: ['partner'] } }, ['corp', 'partner'])
  t.is((await send(bearer(token))).status, 401)
  t.is((await send(bearer(partnerToken))).status, 200)
})

test('narrows the audience', async (t) => {
  const send = await host(t, { jwt: { audience: 'admin-api' } })
  const of = (aud: unknown) => bearer(craft({ algorithm: 'HS256', key: hmacKey, claims: { aud } }))
  t.is((await send(of('orders-api'))).status, 401)
  t.is((await send(of('admin-api'))).status, 200)
  t.is((await send(of(['orders-api', 'admin-api']))).status, 200)
  const either = await host(t, { jwt: { audience: ['admin-api', 'x'] } })
  t.is((await either(of('orders-api'))).status, 401)
  t.is((await either(of('x'))).status, 401)
})

test('says at the start which issuer is missing or told twice', async (t) => {
  await t.throwsAsync(compile({ jwt: { issuers: ['nobody'] } }, ['corp']), { name: 'StartFault', message: /`nobody`/ })
  await t.throwsAsync(compile('jwt', []), { name: 'StartFault', message: /needs an issuer/ })
  await t.throwsAsync(compile('jwt', ['corp', 'twin']), { name: 'StartFault', message: /https:\/\/login\.example\// })
})

test('reports public that is not last, and a second jwt', (t) => {
  const found = (block: Block) =>
    authenticate.check?.(block, siteOf()).map(({ rule, path }) => [rule, ...path].join(' '))
  t.deepEqual(found(['jwt', 'public']), [])
  t.deepEqual(found('public'), [])
  t.deepEqual(found(['public', 'jwt']), ['authenticate/public-not-last 0'])
  t.deepEqual(found(['public', 'public']), ['authenticate/public-not-last 0'])
  t.deepEqual(found([{ jwt: { issuers: ['a'] } }, { jwt: { issuers: ['b'] } }, 'public']), [
    'authenticate/duplicate-method 1',
  ])
})

test('accepts the forms that it enforces and no other', (t) => {
  const shape = compileSchema(authenticate.schema)
  const good = [
    'public',
    'jwt',
    'session',
    { session: { maxAge: '5m' } },
    ['session', 'jwt', 'public'],
    { jwt: {} },
    { jwt: { issuers: ['a'], audience: ['b'] } },
    ['jwt', 'public'],
    [{ jwt: { audience: 'a' } }],
    { jwt: { acr: 'x' } },
    { jwt: { acr: ['x', 'y'], maxAge: '5m' } },
    { jwt: { bind: 'mtls' } },
    'mtls',
    { mtls: { id: 'dns', allow: ['a.internal'], scopes: ['a:b'], roles: ['x'] } },
    'apiKey',
    { apiKey: { header: 'X-Key' } },
    { signature: { header: 'X-Signature', secret: 's' } },
    { signature: { header: 'X-S', prefix: 'v1=', timestamp: { prefix: 't=' }, secret: ['s', 'r'], name: 'shop' } },
  ]
  for (const block of good) t.is(shape.check(block).errors, undefined, JSON.stringify(block))
  const bad = [
    'apikey',
    'signature',
    { apiKey: { header: '' } },
    { apiKey: { header: 'a b' } },
    { apiKey: { header: 'a\r\nb' } },
    'mTLS',
    'none',
    {},
    [],
    { jwt: { acr: 'a b' } },
    { jwt: { acr: 'a"b' } },
    { jwt: { acr: [] } },
    { jwt: { maxAge: '500ms' } },
    { jwt: { maxAge: '0s' } },
    { jwt: { maxAge: 300 } },
    { jwt: { bind: 'dpop' } },
    { mtls: { id: 'ip' } },
    { mtls: { allow: [] } },
    { mtls: { scopes: ['a b'] } },
    { jwt: { issuers: [] } },
    { jwt: {}, public: true },
    [['jwt']],
    { signature: {} },
    { signature: { header: 'X-S' } },
    { signature: { header: 'X-S', secret: [] } },
    { signature: { header: 'X-S', secret: 's', encoding: 'utf8' } },
    { signature: { header: 'X-S', secret: 's', timestamp: { tolerance: '2h' } } },
    { signature: { header: 'X-S', secret: 's', name: 'a b' } },
    null,
  ]
  for (const block of bad) t.true((shape.check(block).errors?.length ?? 0) > 0, JSON.stringify(block))
})
