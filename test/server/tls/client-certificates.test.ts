/** Client certificates: who is connected, who calls, whose tokens count, and what was revoked. */

import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { type ConnectionOptions, connect } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import jwt from 'jsonwebtoken'
import { ClientAuthority } from '../../helpers/client-certificates.ts'
import { type RawAnswer, RawClient } from '../../helpers/raw.ts'
import { pairFiles, policyWith, type SecureServer, startSecure } from '../../helpers/secure-server.ts'
import { makeServerCertificate } from '../../helpers/server-certificate.ts'
import { until } from '../../helpers/until.ts'

const pair = makeServerCertificate(['localhost'])
const other = makeServerCertificate(['other.example'])

const policy = (clientCert: string, more = ''): string => `settings:
  tls:
    cert: '\${file:tls.crt}'
    key: '\${file:tls.key}'
    clientCa: '\${file:clients.crt}'
    clientCert: ${clientCert}
    sni: { other.example: { cert: '\${file:other.crt}', key: '\${file:other.key}' } }
${more}issuers:
  shop: { issuer: https://shop.example, audience: api, algorithms: [HS256], secret: '\${secret:shop-key}' }
service: s
routes:
  GET /cn: { authenticate: mtls, rateLimit: [{ by: user, limit: 100, per: 1m }], reply: { body: ok } }
  GET /dns: { authenticate: { mtls: { id: dns, allow: [billing.internal], scopes: [orders:read] } }, scopes: [orders:read], reply: { body: ok } }
  GET /uri: { authenticate: { mtls: { id: uri } }, reply: { body: ok } }
  GET /mail: { authenticate: { mtls: { id: email } }, reply: { body: ok } }
  GET /both: { authenticate: [{ mtls: { allow: [alice] } }, public], reply: { body: ok } }
  GET /bound: { authenticate: { jwt: { bind: mtls } }, reply: { body: ok } }
`

async function start(
  t: ExecutionContext,
  authority: ClientAuthority,
  {
    clientCert = 'optional',
    more = '',
    files = {},
  }: { clientCert?: string; more?: string; files?: Record<string, string> } = {},
): Promise<SecureServer> {
  process.env.PORTCULLIS_SECRET_SHOP_KEY = secret
  return startSecure(t, {
    'a.yaml': policy(clientCert, more),
    ...pairFiles(pair),
    ...pairFiles(other, 'other'),
    'clients.crt': authority.ca,
    ...files,
  })
}

const secret = 'x2Vw9mZ1fXn4sRk7yB6tLcJ3hDpG8aEu'

async function ask(server: SecureServer, path: string, options: ConnectionOptions = {}, more = ''): Promise<RawAnswer> {
  const client = await RawClient.secure(server.server.port, options)
  const answer = await client.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`).answer()
  client.socket.destroy()
  return answer
}

const codeOf = ({ status, body }: RawAnswer): string => (status === 200 ? body : `${status} ${JSON.parse(body).code}`)

/** Whether a request gets through at all. */
async function isServed(server: SecureServer, options: ConnectionOptions): Promise<boolean> {
  return ask(server, '/both', options).then(
    () => true,
    () => false,
  )
}

test('required: without a good certificate nobody is connected', async (t) => {
  const [authority, stranger] = [new ClientAuthority(t), new ClientAuthority(t, 'stranger')]
  const server = await start(t, authority, { clientCert: 'required' })
  const alice = authority.issue('/CN=alice')
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    t.true(await isServed(server, { ...alice, maxVersion }))
    t.true(await isServed(server, { ...alice, maxVersion, servername: 'other.example' }))
    for (const servername of ['localhost', 'other.example']) {
      t.false(await isServed(server, { maxVersion, servername }), 'none')
      t.false(await isServed(server, { ...stranger.issue('/CN=alice'), maxVersion, servername }), 'of a stranger')
      t.false(await isServed(server, { ...makeServerCertificate(['alice']), maxVersion, servername }), 'of nobody')
    }
  }
})

test('optional: mtls takes the good ones, refuses the bad ones, and asks those without', async (t) => {
  const [authority, stranger] = [new ClientAuthority(t), new ClientAuthority(t, 'stranger')]
  const server = await start(t, authority)
  const alice = authority.issue('/CN=alice')
  t.is(codeOf(await ask(server, '/cn', alice)), 'ok')
  const missing = await ask(server, '/cn')
  t.is(codeOf(missing), '401 credential_missing')
  t.is(missing.headers.get('www-authenticate'), 'Mtls')
  for (const servername of ['localhost', 'other.example'])
    t.is(codeOf(await ask(server, '/cn', { ...stranger.issue('/CN=alice'), servername })), '401 credential_invalid')
  t.is(codeOf(await ask(server, '/both')), 'ok')
  t.is(codeOf(await ask(server, '/both', stranger.issue('/CN=alice'))), '401 credential_invalid', 'never skipped')
  t.is(codeOf(await ask(server, '/both', authority.issue('/CN=bob'))), '401 credential_invalid')
})

test('a session that is resumed without a certificate is still without one', async (t) => {
  const authority = new ClientAuthority(t)
  const server = await start(t, authority)
  const alice = authority.issue('/CN=alice')
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
    for (const [shown, expected] of [
      [{}, '401 credential_missing'],
      [alice, 'ok'],
      [new ClientAuthority(t, 'stranger').issue('/CN=alice'), '401 credential_invalid'],
    ] as const) {
      const options = { port: server.server.port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion, ...shown }
      const first = connect(options)
      first.write('GET /both HTTP/1.1\r\nHost: localhost\r\n\r\n')
      const [session] = await once(first, 'session')
      first.destroy()
      const resumed = await RawClient.secure(server.server.port, { maxVersion, session, ...shown })
      t.true(resumed.socket.isSessionReused(), maxVersion)
      const answer = await resumed.send('GET /cn HTTP/1.1\r\nHost: localhost\r\n\r\n').answer()
      t.is(codeOf(answer), expected, maxVersion)
      resumed.socket.destroy()
    }
})

test('the caller is who the certificate names, in the part that the route says', async (t) => {
  const authority = new ClientAuthority(t)
  const server = await start(t, authority)
  const named = authority.issue(
    '/CN=alice',
    'DNS:billing.internal,DNS:b.internal,URI:spiffe://shop/billing,email:a@shop.example',
  )
  for (const path of ['/cn', '/dns', '/uri', '/mail']) t.is(codeOf(await ask(server, path, named)), 'ok', path)
  const foreign = authority.issue('/CN=billing.internal', 'DNS:b.internal')
  for (const path of ['/dns', '/uri', '/mail'])
    t.is(codeOf(await ask(server, path, foreign)), '401 credential_invalid', path)
})

test('a name that looks like several is one, and several are none', async (t) => {
  const authority = new ClientAuthority(t)
  const server = await start(t, authority)
  for (const [subject, alternatives, path] of [
    ['/CN=b/CN=alice', undefined, '/cn'],
    ['/CN=alice\\, CN=b', undefined, '/both'],
    ['/O=x\\/CN=alice', undefined, '/both'],
    ['/CN=b', 'URI:spiffe://a,URI:spiffe://b', '/uri'],
    ['/O=none', undefined, '/cn'],
  ] as const) {
    const answer = await ask(server, path, authority.issue(subject, alternatives))
    t.is(codeOf(answer), '401 credential_invalid', `${subject} ${alternatives}`)
  }
})

test('a certificate that expires on an open connection counts no more', async (t) => {
  const authority = new ClientAuthority(t)
  const server = await start(t, authority)
  const end = new Date(Date.now() + 4_000)
    .toISOString()
    .replace(/[-:T]/g, '')
    .replace(/\.\d+Z/, 'Z')
  const brief = authority.issue('/CN=alice', undefined, ['-enddate', end])
  const client = await RawClient.secure(server.server.port, brief)
  const call = async () => codeOf(await client.send('GET /cn HTTP/1.1\r\nHost: localhost\r\n\r\n').answer())
  t.is(await call(), 'ok')
  await until(() => Date.now() > new X509Certificate(brief.cert).validToDate.getTime() + 1)
  t.is(await call(), '401 credential_invalid')
  client.socket.destroy()
})

async function sessionOf({ server }: SecureServer, shown: ConnectionOptions): Promise<Buffer> {
  const options = { port: server.port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion: 'TLSv1.2' } as const
  const socket = connect({ ...options, ...shown })
  const [session] = await once(socket, 'session')
  socket.destroy()
  return session
}

test('what is revoked while the server runs counts no more, on connections that are open too', async (t) => {
  const authority = new ClientAuthority(t)
  const [alice, bob] = [authority.issue('/CN=alice'), authority.issue('/CN=bob')]
  const more = "    crl: '${file:clients.crl}'\n"
  const server = await start(t, authority, { clientCert: 'required', more, files: { 'clients.crl': authority.list() } })
  const there = await RawClient.secure(server.server.port, alice)
  const call = () => there.send('GET /cn HTTP/1.1\r\nHost: localhost\r\n\r\n').answer()
  t.is((await call()).headers.get('connection'), 'keep-alive')
  const session = await sessionOf(server, alice)
  const resume = () => isServed(server, { ...alice, maxVersion: 'TLSv1.2', session })
  t.true(await resume())
  server.write({ 'clients.crl': authority.revoke(alice) })
  await until(async () => !(await isServed(server, alice)))
  t.false(await resume(), 'nor by a session from before')
  t.true(await isServed(server, bob))
  t.is((await call()).headers.get('connection'), 'close', 'its last answer')
  t.is(await there.rest(), '')
  server.write({ 'clients.crl': 'none' })
  await until(() => server.status.faults.has('tls'))
  t.false(await isServed(server, alice), 'a list that cannot be read changes nothing')
})

test('another authority is trusted without a restart, and the one before no more', async (t) => {
  const [before, after] = [new ClientAuthority(t), new ClientAuthority(t, 'after')]
  const server = await start(t, before, { clientCert: 'required' })
  const [old, fresh] = [before.issue('/CN=alice'), after.issue('/CN=alice')]
  t.deepEqual([await isServed(server, old), await isServed(server, fresh)], [true, false])
  server.write({ 'clients.crt': after.ca })
  await until(() => isServed(server, fresh))
  t.false(await isServed(server, old))
})

test('an authority that goes out of the policies counts until a restart', async (t) => {
  const authority = new ClientAuthority(t)
  const server = await start(t, authority, { clientCert: 'required' })
  server.write({ 'a.yaml': policyWith() })
  await server.app.reload()
  t.true(await isServed(server, authority.issue('/CN=alice')))
  for (const shown of [{}, makeServerCertificate(['alice'])]) t.false(await isServed(server, shown))
})

const bearer = (token: string): string => `Authorization: Bearer ${token}\r\n`

test('bind: mtls takes a token with the certificate that it is bound to, and with no other', async (t) => {
  const [authority, stranger] = [new ClientAuthority(t), new ClientAuthority(t, 'stranger')]
  const server = await start(t, authority)
  const [alice, bob] = [authority.issue('/CN=alice'), authority.issue('/CN=bob')]
  const own = stranger.issue('/CN=alice')
  const sign = (claims: object) =>
    jwt.sign({ sub: 'alice', ...claims }, secret, { issuer: 'https://shop.example', audience: 'api', expiresIn: '5m' })
  const boundTo = ({ cert }: { readonly cert: string }) => {
    const digest = createHash('sha256').update(new X509Certificate(cert).raw).digest('base64url')
    return bearer(sign({ cnf: { 'x5t#S256': digest } }))
  }
  t.is(codeOf(await ask(server, '/bound', alice, boundTo(alice))), 'ok')
  t.is(codeOf(await ask(server, '/bound', own, boundTo(own))), 'ok', 'no authority has to stand for it (RFC 8705 §3)')
  for (const [shown, header] of [
    [bob, boundTo(alice)],
    [{}, boundTo(alice)],
    [alice, bearer(sign({}))],
    [alice, bearer(sign({ cnf: 'x' }))],
    [alice, bearer(sign({ cnf: { 'x5t#S256': ['x'] } }))],
    [{}, bearer(sign({ cnf: { 'x5t#S256': '' } }))],
  ] as const) {
    const answer = await ask(server, '/bound', shown, header)
    t.is(codeOf(answer), '401 token_invalid')
    t.is(answer.headers.get('www-authenticate'), 'Bearer error="invalid_token"')
  }
  t.is(codeOf(await ask(server, '/bound', alice)), '401 token_missing')
})
