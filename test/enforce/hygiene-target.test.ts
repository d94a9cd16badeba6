/** Hygiene of the request target and the Host header, over raw sockets. */

import test, { type ExecutionContext } from 'ava'
import { echoApp, startServer } from '../helpers/echo-server.ts'
import { ask } from '../helpers/raw.ts'

async function get(t: ExecutionContext, target: string, head = 'Host: shop.example\r\n') {
  const { port } = await startServer(t, echoApp())
  const { status, body } = await ask(port, `GET ${target} HTTP/1.1\r\n${head}\r\n`)
  return { status, read: JSON.parse(body) }
}

const accepted: readonly (readonly [target: string, path: string, query?: string])[] = [
  ['/', '/'],
  ['/orders/1', '/orders/1'],
  ['/orders/', '/orders/'],
  ['/.well-known/jwks.json', '/.well-known/jwks.json'],
  ['/a..b/...', '/a..b/...'],
  ['/%61%7Eb', '/a~b'],
  ['/caf%c3%a9', '/caf%C3%A9'],
  ['/users/%40me', '/users/@me'],
  ['/100%25', '/100%25'],
  ['/a%20b%22', '/a%20b%22'],
  ['/a?q=%2e%2e/;x&y=[1]', '/a', 'q=%2e%2e/;x&y=[1]'],
  ['/a?', '/a', ''],
  ['/?/../', '/', '/../'],
  ['http://shop.example/a?b=1', '/a', 'b=1'],
  ['HTTP://SHOP.example', '/'],
  ['http://shop.example?b', '/', 'b'],
]
for (const [target, path, query = ''] of accepted) {
  test(`reads ${target} as ${path}`, async (t) => {
    const { status, read } = await get(t, target)
    t.is(status, 200)
    t.is(read.path, path)
    t.is(read.query, query)
  })
}

const refused: readonly (readonly [target: string, message: string])[] = [
  ...['/.', '/..', '/a/../b', '/a/./b', '/%2e', '/%2E%2e/b', '/.%2e', '/%252e%252e/', '/%25%32%65', '/%25252e.'].map(
    (target) => [target, 'Path has a `.` or `..` segment'] as const,
  ),
  ...['//', '//a', '/a//b', '/a//'].map((target) => [target, 'Path has an empty segment'] as const),
  ...['/a%2fb', '/a%2Fb', '/a%252fb', '/a%25252Fb'].map((target) => [target, 'Path has an encoded `/`'] as const),
  ...['/a\\b', '/..\\b', '/a%5cb', '/a%255Cb'].map((target) => [target, 'Path has a `\\`'] as const),
  ...['/a;b', '/;', '/a%3bb', '/a;jsessionid=1/b', '/a%253B'].map((target) => [target, 'Path has a `;`'] as const),
  ...['/a%00', '/%0d%0aX', '/%1f', '/%7F', '/%2500'].map((target) => [target, 'Path has a control character'] as const),
  ...['/%', '/%4', '/%zz', '/a%u0041'].map((target) => [target, 'Path has a malformed percent-encoding'] as const),
  ...['/%ff', '/%c0%ae', '/%c3', '/%ed%a0%80', '/%f5%80%80%80'].map(
    (target) => [target, 'Path is not valid UTF-8'] as const,
  ),
  ...['/a#b', '/a[1]', '/a|b', '/a"b', '/{id}'].map(
    (target) => [target, 'Path has a `#` or a character that must be percent-encoded'] as const,
  ),
  ...['/a?b#c', '/a?%', '/a?b=%zz'].map(
    (target) => [target, 'Query has a `#`, a malformed percent-encoding or a character that must be encoded'] as const,
  ),
  ...['http://other.example/', 'http://shop.example:81/', 'http://u@shop.example/'].map(
    (target) => [target, 'Request target names another host than the Host header'] as const,
  ),
  ...['*', 'ftp://shop.example/', 'http:///a'].map((target) => [target, 'Request target must be a path'] as const),
]
for (const [target, message] of refused) {
  test(`refuses ${target}`, async (t) => {
    const { status, read } = await get(t, target)
    t.is(status, 400)
    t.deepEqual([read.code, read.message], ['request_malformed', message])
  })
}

test('refuses a target of more than 8192 bytes', async (t) => {
  t.is((await get(t, `/${'a'.repeat(8191)}`)).status, 200)
  const { status, read } = await get(t, `/${'a'.repeat(9999)}`)
  t.is(status, 414)
  t.is(read.code, 'uri_too_long')
  t.is(read.facts.path.length, 256)
})

test('keeps no query in the facts of a refused request', async (t) => {
  const { read } = await get(t, '/a;b?token=s3cret')
  t.is(read.facts.path, '/a;b')
  t.is(read.facts.query, '')
})

const hosts: readonly (readonly [host: string, read: string])[] = [
  ['Shop.Example', 'shop.example'],
  ['shop.example:8080', 'shop.example'],
  ['shop.example.', 'shop.example'],
  ['127.0.0.1:80', '127.0.0.1'],
  ['[::1]:80', '[::1]'],
  ['my_service', 'my_service'],
]
for (const [host, read] of hosts) {
  test(`reads the host ${host} as ${read}`, async (t) => {
    t.is((await get(t, '/', `Host: ${host}\r\n`)).read.host, read)
  })
}

for (const host of [
  '',
  'a b',
  'u@shop.example',
  'shop.example/',
  'a:b',
  'a:',
  '.',
  'a..b',
  '[::1',
  '[1]',
  '[::1]x',
  'é',
  'a,b',
]) {
  test(`refuses the host ${JSON.stringify(host)}`, async (t) => {
    const { status, read } = await get(t, '/', `Host: ${host}\r\n`)
    t.is(status, 400)
    t.regex(read.message, /^Host header/)
  })
}

test('refuses a request without Host, and two of them', async (t) => {
  t.is((await get(t, '/', '')).read.message, 'Host header is missing or empty')
  t.is((await get(t, '/', 'Host: a\r\nHost: a\r\n')).read.message, 'Header `host` stands twice')
})
