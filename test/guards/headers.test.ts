/** The `headers` guard over real HTTP, and the findings about its block. */

import test, { type ExecutionContext } from 'ava'
import koaHelmet from 'koa-helmet'
import { headers } from '../../src/guards/headers/headers.ts'
import { type Hosted, hostGuard, type Sent, siteOf } from '../helpers/guard-host.ts'

type Block = Parameters<typeof headers.compile>[0]

const host = async (t: ExecutionContext, block: Block, hosted: Omit<Hosted, 'plan'> = {}) =>
  hostGuard(t, { plan: await headers.compile(block, siteOf(), {} as never), ...hosted })

/** Without what stands on every answer. */
const common = ['date', 'connection', 'content-length', 'x-request-id']
const secure = { headers: { 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.1' } }
const received = async (t: ExecutionContext, block: Block, hosted: Omit<Hosted, 'plan'> & { sent?: Sent } = {}) => {
  const { headers } = await (await host(t, block, hosted))(hosted.sent)
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !common.includes(name)))
}

const api = {
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
}
const hsts = { 'strict-transport-security': 'max-age=31536000; includeSubDomains' }

test('an api answer may load, frame and be framed by nothing', async (t) => {
  t.deepEqual(await received(t, 'api'), api)
  t.deepEqual(await received(t, {}), api)
  t.deepEqual(await received(t, { use: 'api' }), api)
})

test('sends HSTS under TLS alone', async (t) => {
  t.deepEqual(await received(t, 'api', { sent: secure }), { ...api, ...hsts })
  const block: Block = { set: { 'strict-transport-security': 'max-age=60' } }
  t.deepEqual(await received(t, block), api)
  t.is((await received(t, block, { sent: secure }))['strict-transport-security'], 'max-age=60')
})

test("a web answer carries helmet's own choice", async (t) => {
  const written = await received(t, 'web', { sent: secure })
  t.is(written['x-frame-options'], 'SAMEORIGIN')
  t.regex(String(written['content-security-policy']), /^default-src 'self';.*upgrade-insecure-requests$/)
  t.is(Object.keys(written).length, 12)
})

test('`set` stands in place of the preset and of the destination', async (t) => {
  const written = await received(
    t,
    { set: { 'x-frame-options': 'SAMEORIGIN', 'Cache-Control': 'private' } },
    { destination: () => ({ status: 200, headers: ['Cache-Control', 'public', 'X-Frame-Options', 'ALLOWALL'] }) },
  )
  t.is(written['x-frame-options'], 'SAMEORIGIN')
  t.is(written['cache-control'], 'private')
})

test("a destination's own header stands before the preset", async (t) => {
  const own = "default-src 'self'"
  const destination = () => ({ status: 200, headers: ['Content-Security-Policy', own] })
  t.is((await received(t, 'api', { destination }))['content-security-policy'], own)
})

test('`remove` takes a header from the preset and from the destination', async (t) => {
  const destination = () => ({ status: 200, headers: ['Server', 'secret/1.0', 'X-Powered-By', 'PHP'] })
  const written = await received(t, { remove: ['SERVER', 'Referrer-Policy'] }, { destination })
  const { 'referrer-policy': _, ...rest } = api
  t.deepEqual(written, rest)
})

test('the banner of a framework stays if helmet is told to leave it', async (t) => {
  const destination = () => ({ status: 200, headers: ['X-Powered-By', 'PHP'] })
  t.is((await received(t, { helmet: { xPoweredBy: false } }, { destination }))['x-powered-by'], 'PHP')
  t.is((await received(t, { helmet: { hidePoweredBy: false } }, { destination }))['x-powered-by'], 'PHP')
})

test("helmet's options change the preset", async (t) => {
  const written = await received(
    t,
    {
      helmet: {
        frameguard: { action: 'sameorigin' },
        hsts: { maxAge: 60, preload: true },
        crossOriginResourcePolicy: false,
      },
    },
    { sent: secure },
  )
  t.is(written['x-frame-options'], 'SAMEORIGIN')
  t.is(written['strict-transport-security'], 'max-age=60; includeSubDomains; preload')
  t.false('cross-origin-resource-policy' in written)
})

test('authenticated answers are not stored, unless the destination says how', async (t) => {
  const principal = { id: 'u1', issuer: 'i', scopes: [], roles: [], claims: {} }
  const known: Omit<Hosted, 'plan'> = { before: (exchange) => Object.assign(exchange, { principal }) }
  const tried: Omit<Hosted, 'plan'> = { before: (exchange) => Object.assign(exchange, { credentials: ['x-api-key'] }) }
  t.is((await received(t, 'api', known))['cache-control'], 'no-store')
  t.is((await received(t, 'api', tried))['cache-control'], 'no-store')
  const destination = () => ({ status: 200, headers: ['Cache-Control', 'private, max-age=5'] })
  t.is((await received(t, 'api', { ...known, destination }))['cache-control'], 'private, max-age=5')
  t.is((await received(t, 'api'))['cache-control'], undefined)
})

test('knows every option that helmet knows', (t) => {
  const json = JSON.stringify(headers.schema.json)
  const names = Object.keys(koaHelmet)
  t.true(names.length > 20)
  for (const name of names) t.true(json.includes(`"${name}":`), name)
})

const faultsOf = (block: Block) =>
  headers.check?.(block, siteOf()).map(({ rule, path, onKey }) => `${rule} ${path.join('.')}${onKey ? ' key' : ''}`)

test('refuses names and values that cannot be sent', (t) => {
  t.deepEqual(faultsOf({ set: { 'X Bad': 'a', 'X-Ok': 'a\r\nSet-Cookie: b', 'X-É': 'a' } }), [
    'headers/invalid-name set.X Bad key',
    'headers/invalid-value set.X-Ok',
    'headers/invalid-name set.X-É key',
  ])
  for (const value of ['', ' a', 'a ', 'a\0', 'é', '漢', 'a\u2028']) {
    t.deepEqual(faultsOf({ set: { 'X-A': value } }), ['headers/invalid-value set.X-A'])
  }
  t.deepEqual(faultsOf({ remove: ['a:b', ''] }), ['headers/invalid-name remove.0', 'headers/invalid-name remove.1'])
})

test('refuses what contradicts itself or belongs to another block', (t) => {
  t.deepEqual(faultsOf({ set: { 'X-A': 'a', 'x-a': 'b' } }), ['headers/duplicate-name set.x-a key'])
  t.deepEqual(faultsOf({ set: { 'X-A': 'a' }, remove: ['x-a'] }), ['headers/set-and-removed remove.0'])
  t.deepEqual(faultsOf({ set: { Vary: 'Accept', 'access-control-allow-origin': '*' }, remove: ['Content-Length'] }), [
    'headers/reserved set.Vary key',
    'headers/reserved set.access-control-allow-origin key',
    'headers/reserved remove.0',
  ])
})

test('an own `__proto__` is a name like any other', (t) => {
  t.deepEqual(faultsOf(JSON.parse('{"set":{"__proto__":"a","constructor":"b"}}')), [])
})

test('refuses what helmet refuses, in its words', (t) => {
  const block: Block = { helmet: { contentSecurityPolicy: { directives: { 'default-src': ['self'] } } } }
  const [fault] = headers.check?.(block, siteOf()) ?? []
  t.is(fault?.rule, 'headers/helmet-option')
  t.is(
    fault?.message,
    'Content-Security-Policy received an invalid directive value for "default-src". "self" should be quoted',
  )
  t.deepEqual(faultsOf({ helmet: { hsts: true, strictTransportSecurity: true } }), ['headers/helmet-option helmet'])
})

test('warns where a protection is given up', (t) => {
  t.deepEqual(faultsOf({ remove: ['X-Content-Type-Options', 'Server'] }), ['headers/weakened remove.0'])
  t.deepEqual(faultsOf({ helmet: { noSniff: false, hsts: false, contentSecurityPolicy: { reportOnly: true } } }), [
    'headers/weakened helmet.noSniff',
    'headers/weakened helmet.hsts',
    'headers/weakened helmet.contentSecurityPolicy',
  ])
})

test('leaves references for later', (t) => {
  const written = { set: { 'X-Region': '${env:REGION}' }, remove: ['${value:banner}'] }
  t.deepEqual(faultsOf(written), [])
  const policy = '${env:POLICY}' as 'same-origin'
  t.deepEqual(faultsOf({ helmet: { crossOriginOpenerPolicy: { policy } } }), [])
  t.deepEqual(faultsOf({ set: '${value:set}', remove: '${value:remove}' } as never), [])
})
