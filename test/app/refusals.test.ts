/** Every refusal that a client can meet, provoked over real HTTP: exact status, headers and body. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test from 'ava'
import jwt from 'jsonwebtoken'
import { catalogue } from '../../src/core/denial.ts'
import { type CallOptions, type Gate, openGate, type Reply } from '../helpers/gate.ts'
import { RawClient } from '../helpers/raw.ts'

const secret = 'a secret of these tests, longer than thirty-two bytes'
process.env.REFUSALS_SECRET = secret

const upstream = createServer((req, res) => {
  if (req.url === '/broken') req.socket.destroy()
  else if (req.url !== '/silent') res.end('ok')
})

const policies = (upstreamPort: number) => ({
  'shared.yaml': `
settings:
  limits: { headers: 8kb, headersTimeout: 1s, requestTimeout: 1s }
issuers:
  shop: { issuer: https://login.example/, audience: api, algorithms: [HS256], secret: '\${env:REFUSALS_SECRET}' }
  away: { issuer: https://away.example/, audience: api, algorithms: [RS256], jwks: 'http://127.0.0.1:1/jwks.json' }
roles:
  reader:
    - { can: read, subject: Thing }
`,
  'api.yaml': `
service: api
prefix: /api
defaults:
  authenticate: { jwt: { issuers: [shop] } }
  cors: { origins: [https://shop.example] }
routes:
  GET /scoped:
    scopes: [things:read]
    reply: { body: ok }
  GET /limited:
    rateLimit: [{ by: user, limit: 1, per: 1m }]
    reply: { body: ok }
  POST /things:
    input:
      maxBytes: 64b
      body: { type: object, required: [name], properties: { name: { type: string, maxLength: 8 } } }
    reply: { body: ok }
  GET /owned:
    authorize: { action: write, subject: Thing }
    reply: { body: ok }
  GET /hidden:
    authorize: { action: write, subject: Thing, hide: true }
    reply: { body: ok }
  GET /failing:
    handler: ./failing.js#fail
  GET /elsewhere:
    because: its tokens come from elsewhere
    authenticate: { jwt: { issuers: [away] } }
    reply: { body: ok }
`,
  'inside.yaml': `
service: inside
prefix: /inside
routes:
  GET /:
    network: [192.0.2.0/24]
    authenticate: public
    reply: { body: ok }
`,
  'upstream.yaml': `
service: upstream
upstream: http://127.0.0.1:${upstreamPort}
routes:
  GET /broken: { authenticate: public }
  GET /silent: { authenticate: public, timeout: 200ms }
`,
  'failing.js': 'export const fail = () => { throw new Error("secret of the handler") }',
})

let gate: Gate

test.before(async () => {
  upstream.listen(0, '127.0.0.1')
  await new Promise((resolve) => upstream.once('listening', resolve))
  const log = { info() {}, warn() {}, error() {}, debug() {} }
  const clock = { now: () => Date.now(), monotonic: () => 0 }
  gate = await openGate(policies((upstream.address() as AddressInfo).port), { world: { log, clock } })
})
test.after.always(async () => {
  await gate?.close()
  upstream.closeAllConnections()
  upstream.close()
})

const sign = (claims: object = {}, options: jwt.SignOptions = {}): string =>
  jwt.sign({ sub: 'u1', scope: 'none', roles: ['reader'], ...claims }, secret, {
    issuer: 'https://login.example/',
    audience: 'api',
    expiresIn: '5m',
    ...options,
  })

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const good = () => bearer(sign())

/** What every bare answer carries: the `api` headers. */
const api = {
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
  'content-type': 'application/json',
  'cache-control': 'no-store',
  'x-request-id': 'r1',
}
/** On the routes with `cors`. */
const cors = { ...api, vary: 'Origin' }

const bodyOf = (code: keyof typeof catalogue, more: object = {}): string =>
  JSON.stringify({ status: 'error', code, message: catalogue[code].message, requestId: 'r1', ...more })

const connection = new Set(['date', 'connection', 'keep-alive', 'content-length'])
const told = ({ headers }: Reply): object =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !connection.has(name)))

interface Expected {
  readonly code: keyof typeof catalogue
  readonly headers: object
  /** In place of the catalogue's message, or beside it. */
  readonly more?: object
}

const refuses = (
  title: string,
  [method, path, call]: readonly [string, string, (() => CallOptions)?],
  { code, headers, more }: Expected,
): void =>
  test(`${catalogue[code].status} ${code}: ${title}`, async (t) => {
    const { headers: sent, ...options } = call?.() ?? {}
    const reply = await gate.call(method, path, { ...options, headers: { 'x-request-id': 'r1', ...sent } })
    t.is(reply.status, catalogue[code].status)
    t.is(reply.body, bodyOf(code, more))
    t.deepEqual(told(reply), headers)
    t.is(reply.headers['content-length'], String(Buffer.byteLength(reply.body)))
  })

const challenge = (text: string) => ({ ...cors, 'www-authenticate': text })
const json = { 'content-type': 'application/json' }

refuses('an ambiguous path', ['GET', '/api//scoped'], {
  code: 'request_malformed',
  headers: api,
  more: { message: 'Path has an empty segment' },
})
refuses('no token', ['GET', '/api/scoped'], { code: 'token_missing', headers: challenge('Bearer') })
refuses('an expired token', ['GET', '/api/scoped', () => ({ headers: bearer(sign({}, { expiresIn: -5 })) })], {
  code: 'token_expired',
  headers: challenge('Bearer error="invalid_token", error_description="Token has expired"'),
})
refuses(
  'a token for another audience',
  ['GET', '/api/scoped', () => ({ headers: bearer(sign({}, { audience: 'other' })) })],
  {
    code: 'token_invalid',
    headers: challenge('Bearer error="invalid_token"'),
  },
)
refuses('a token in the query is never read', ['GET', `/api/scoped?access_token=x`], {
  code: 'token_missing',
  headers: challenge('Bearer'),
})
refuses(
  'an unlisted origin in a preflight',
  [
    'OPTIONS',
    '/api/scoped',
    () => ({ headers: { origin: 'https://evil.example', 'access-control-request-method': 'GET' } }),
  ],
  {
    code: 'origin_denied',
    headers: { ...cors, vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers' },
  },
)
refuses('an address outside of the network', ['GET', '/inside'], { code: 'address_denied', headers: api })
refuses('a scope is missing', ['GET', '/api/scoped', () => ({ headers: good() })], {
  code: 'scope_missing',
  headers: challenge('Bearer error="insufficient_scope", scope="things:read"'),
})
refuses('no role allows it', ['GET', '/api/owned', () => ({ headers: good() })], { code: 'forbidden', headers: cors })
refuses('no role allows it, and nobody shall know', ['GET', '/api/hidden', () => ({ headers: good() })], {
  code: 'not_found',
  headers: cors,
})
refuses('a path that no route names', ['GET', '/nowhere'], { code: 'route_unknown', headers: api })
refuses('another method', ['DELETE', '/api/scoped'], {
  code: 'method_not_allowed',
  headers: { ...cors, allow: 'GET, HEAD, OPTIONS' },
})
refuses(
  'a body past maxBytes',
  ['POST', '/api/things', () => ({ headers: { ...good(), ...json }, body: JSON.stringify({ name: 'x'.repeat(80) }) })],
  {
    code: 'body_too_large',
    headers: cors,
  },
)
refuses(
  'a body of another type',
  ['POST', '/api/things', () => ({ headers: { ...good(), 'content-type': 'text/plain' }, body: '{}' })],
  {
    code: 'media_type_unsupported',
    headers: { ...cors, accept: 'application/json' },
  },
)
refuses(
  'duplicate keys',
  ['POST', '/api/things', () => ({ headers: { ...good(), ...json }, body: '{"name":"a","name":"b"}' })],
  {
    code: 'request_malformed',
    headers: cors,
    more: { message: 'JSON has duplicate keys' },
  },
)
refuses(
  'input that does not fit',
  ['POST', '/api/things', () => ({ headers: { ...good(), ...json }, body: '{"name":"much too long","x":1}' })],
  {
    code: 'input_invalid',
    headers: cors,
    more: {
      details: [
        { in: 'body', path: '/name', rule: 'maxLength', message: 'expected at most 8 characters' },
        { in: 'body', path: '/x', rule: 'additionalProperties', message: 'unknown member' },
      ],
    },
  },
)
refuses('an undeclared query parameter', ['GET', '/api/owned?x=1', () => ({ headers: good() })], {
  code: 'input_invalid',
  headers: cors,
  more: { details: [{ in: 'query', path: '/x', rule: 'additionalProperties', message: 'unknown member' }] },
})
refuses('a handler that throws says nothing', ['GET', '/api/failing', () => ({ headers: good() })], {
  code: 'internal_error',
  headers: cors,
})
refuses('an upgrade', ['GET', '/api/scoped', () => ({ headers: { connection: 'upgrade', upgrade: 'websocket' } })], {
  code: 'upgrade_unsupported',
  headers: api,
})
refuses('an upstream that hangs up', ['GET', '/broken'], { code: 'upstream_failed', headers: api })
refuses('an upstream that is silent', ['GET', '/silent'], { code: 'upstream_timeout', headers: api })
refuses('an issuer whose keys cannot be had', ['GET', '/api/elsewhere', () => ({ headers: bearer(foreign) })], {
  code: 'keys_unavailable',
  headers: { ...cors, 'retry-after': '1' },
})

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const foreign = `${part({ alg: 'RS256', typ: 'JWT', kid: 'k1' })}.${part({ iss: 'https://away.example/', sub: 'u1', aud: 'api', exp: 4e9 })}.${'A'.repeat(342)}`

test('429 rate_limited: the second call of a minute', async (t) => {
  const headers = { ...good(), 'x-request-id': 'r1' }
  t.is((await gate.call('GET', '/api/limited', { headers })).status, 200)
  const reply = await gate.call('GET', '/api/limited', { headers })
  t.is(reply.status, 429)
  t.is(reply.body, bodyOf('rate_limited'))
  t.deepEqual(told(reply), {
    ...cors,
    'retry-after': '60',
    'x-ratelimit-limit': '1',
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': '60',
    'ratelimit-policy': '"user";q=1;w=60',
    ratelimit: '"user";r=0;t=60',
  })
})

test('414 uri_too_long: a target of nine thousand bytes', async (t) => {
  const reply = await gate.call('GET', `/${'a'.repeat(8_190)}`)
  t.true(reply.status === 414 || reply.status === 431)
})

test('431 headers_too_large: a head past the limit', async (t) => {
  const client = await RawClient.connect(gate.port)
  const answer = await client.send(`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(9_000)}\r\n\r\n`).answer()
  t.is(answer.status, 431)
  t.is(JSON.parse(answer.body).code, 'headers_too_large')
})

test('408 request_timeout: a head that does not end', async (t) => {
  const client = await RawClient.connect(gate.port)
  const answer = await client.send('GET / HTTP/1.1\r\nHost: x\r\n').answer()
  t.is(answer.status, 408)
  t.is(JSON.parse(answer.body).code, 'request_timeout')
})

test('a client that asks for it gets RFC 9457', async (t) => {
  const reply = await gate.call('GET', '/api/scoped', {
    headers: { 'x-request-id': 'r1', accept: 'application/problem+json' },
  })
  t.is(reply.headers['content-type'], 'application/problem+json')
  t.deepEqual(JSON.parse(reply.body), {
    type: 'urn:portcullis:token_missing',
    title: 'Missing or invalid authorization header',
    status: 401,
    detail: 'Missing or invalid authorization header',
    code: 'token_missing',
    requestId: 'r1',
  })
})

test('421 host_unknown: every route is another host’s', async (t) => {
  const policy = 'service: h\nhost: api.example\nroutes:\n  GET /: { authenticate: public, reply: { body: ok } }\n'
  const own = await openGate({ 'h.yaml': policy })
  t.teardown(own.close)
  const reply = await own.call('GET', '/', { headers: { host: 'other.example', 'x-request-id': 'r1' } })
  t.is(reply.status, 421)
  t.is(reply.body, bodyOf('host_unknown'))
  t.deepEqual(told(reply), api)
  t.is((await own.call('GET', '/', { headers: { host: 'api.example' } })).status, 200)
})
