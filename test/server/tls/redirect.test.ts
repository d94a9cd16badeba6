/** Those who come in clear: sent to HTTPS, to our hosts alone, and never after they have shown a secret. */

import { connect } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { newKeyText } from '../../../src/services/accounts/api-keys/key-text.ts'
import { runCommand, serveCommand } from '../../helpers/command.ts'
import { settings, startCrew } from '../../helpers/crew.ts'
import { freePort } from '../../helpers/free-port.ts'
import { writePolicies } from '../../helpers/gate.ts'
import { ask, RawClient } from '../../helpers/raw.ts'
import { pairFiles } from '../../helpers/secure-server.ts'
import { makeServerCertificate } from '../../helpers/server-certificate.ts'

const pair = makeServerCertificate(['shop.example', '*.shop.example', '127.0.0.1'])
const api = makeServerCertificate(['api.example'])
const { text: key } = newKeyText()
const route = '  GET /a: { authenticate: public, network: [127.0.0.0/8], reply: { body: ok } }\n'

const policy = (redirectFrom: number, before = ''): string => `settings:
  listen: { redirectFrom: ${redirectFrom} }
  tls:
    cert: '\${file:tls.crt}'
    key: '\${file:tls.key}'
    sni: { api.example: { cert: '\${file:api.crt}', key: '\${file:api.key}' } }
${before}routes:
${route}`

async function start(t: ExecutionContext, before = '') {
  const port = await freePort()
  const files = { 'a.yaml': policy(port, before), ...pairFiles(pair), ...pairFiles(api, 'api') }
  const served = await serveCommand([writePolicies(files)])
  t.teardown(() => void served.child.kill('SIGKILL'))
  return { port, served, secure: new URL(served.url).port }
}

const get = (host: string, target = '/a', more = ''): string => `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`

test('sends a request to the same target under HTTPS, and ends the connection', async (t) => {
  const { port, secure } = await start(t)
  for (const [bytes, location] of [
    [get('shop.example'), 'https://shop.example/a'],
    [get('Shop.Example:80', '/b%20c?d=%0d%0aX:1&e'), `https://shop.example:${secure}/b%20c?d=%0d%0aX:1&e`],
    [get(`www.shop.example:${port}`, '/'), `https://www.shop.example:${secure}/`],
    [get('api.example', '/a?b'), 'https://api.example/a?b'],
    [get('127.0.0.1'), 'https://127.0.0.1/a'],
    [get('shop.example', '/a?'), 'https://shop.example/a'],
    [get('shop.example').replace('GET', 'HEAD'), 'https://shop.example/a'],
  ] as const) {
    const { status, headers, closed } = await ask(port, bytes)
    t.is(status, 308, bytes)
    t.is(headers.get('location'), location)
    t.is(headers.get('strict-transport-security'), undefined, 'RFC 6797 §7.2')
    t.is(headers.get('x-content-type-options'), 'nosniff')
    t.true(closed)
  }
})

test('sends nobody to a host that is not of its certificate', async (t) => {
  const { port } = await start(t)
  for (const host of [
    'evil.example',
    'shop.example.evil.example',
    'a.b.shop.example',
    'localhost',
    '127.0.0.2',
    '[::1]',
    'api.example.evil',
  ]) {
    const { status, headers, body } = await ask(port, get(host))
    t.is(status, 421, host)
    t.is(JSON.parse(body).code, 'host_unknown')
    t.false(headers.has('location'))
  }
})

test('sends nobody to a host that the policies do not name, where they name some', async (t) => {
  const { port } = await start(t, 'host: shop.example\n')
  t.is((await ask(port, get('shop.example'))).status, 308)
  t.is((await ask(port, get('www.shop.example'))).status, 421)
})

test('refuses what cannot be read in one way, and what would break the line', async (t) => {
  const { port } = await start(t)
  for (const bytes of [
    get('shop.example', '//evil.example/'),
    get('shop.example', '/../a'),
    get('shop.example', '/a\\b'),
    get('shop.example\r\nHost: evil.example'),
    get('shop.example@evil.example'),
    get('shop.example/evil'),
    get('shop.example', 'http://evil.example/a'),
    get('shop.example', '/a?\xe4'),
    get('shop.example', '/\x00'),
    'GET /a HTTP/1.1\r\n\r\n',
  ]) {
    const { status, headers } = await ask(port, bytes)
    t.is(status, 400, bytes)
    t.false(headers.has('location'))
  }
})

test('refuses what was to change something, and what carries a credential', async (t) => {
  const { port } = await start(t)
  for (const bytes of [
    `POST /a HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 2\r\n\r\n{}`,
    'DELETE /a HTTP/1.1\r\nHost: shop.example\r\n\r\n',
    get('shop.example', '/a', 'Authorization: Bearer x\r\n'),
    get('shop.example', '/a', 'X-API-Key: x\r\n'),
    get('shop.example', '/a', `X-Shop-Key: ${key}\r\n`),
    get('shop.example', '/a', `Cookie: a=1; key=${key}\r\n`),
    get('shop.example', `/a?key=${key}`),
  ]) {
    const { status, headers, body } = await ask(port, bytes)
    t.is(status, 403, bytes)
    t.is(JSON.parse(body).code, 'tls_required')
    t.false(headers.has('location'))
  }
})

test('pipelined requests are answered once, and slow ones not for ever', async (t) => {
  const { port } = await start(t)
  const client = await RawClient.connect(port)
  const text = await client.send(get('shop.example').repeat(3)).rest()
  t.is(text.match(/HTTP\/1\.1 308/g)?.length, 1)
  const slow = await RawClient.connect(port)
  t.regex(await slow.send('GET / HTTP/1.1\r\nHost: shop').rest(), /^HTTP\/1\.1 408 /)
})

test('ends with the server', async (t) => {
  const { port, served } = await start(t)
  const open = await RawClient.connect(port)
  t.is((await served.end('SIGTERM')).code, 0)
  t.is(await open.rest(), '')
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  connect(port, '127.0.0.1').once('error', ({ code }: NodeJS.ErrnoException) => resolve(code))
  t.is(await promise, 'ECONNREFUSED')
})

test('all workers redirect', async (t) => {
  const port = await freePort()
  const text = policy(port).replace('settings:\n', settings)
  const files = { 'a.yaml': text, ...pairFiles(pair), ...pairFiles(api, 'api') }
  const crew = await startCrew(t, files, { args: ['--workers', '2'] })
  const answers = await Promise.all(Array.from({ length: 16 }, () => ask(port, get('shop.example'))))
  t.true(answers.every(({ status }) => status === 308))
  t.is((await crew.end('SIGTERM')).code, 0)
})

test('a port that is taken keeps the server from starting', async (t) => {
  const { port } = await start(t)
  const files = { 'a.yaml': policy(port), ...pairFiles(pair), ...pairFiles(api, 'api') }
  for (const workers of ['1', '2']) {
    const { code, stderr } = await runCommand(['serve', writePolicies(files), '--port', '0', '--workers', workers])
    t.is(code, 3)
    t.regex(stderr, /is in use; stop the other server or write another `settings\.listen\.redirectFrom`/)
  }
})
