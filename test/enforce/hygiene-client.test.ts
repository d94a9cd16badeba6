/** Who the client is, over raw sockets: forwarding headers count from trusted proxies only, read from the right. */

import test from 'ava'
import { echoApp, startServer } from '../helpers/echo-server.ts'
import { ask } from '../helpers/raw.ts'

const behindProxies = ['127.0.0.1', '10.0.0.0/8', 'fd00::/8']

test('takes the peer for the client where no proxy is trusted', async (t) => {
  const { port } = await startServer(t, echoApp())
  const head =
    'X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\nForwarded: for=198.51.100.7;proto=https\r\n'
  const { address, secure } = JSON.parse((await ask(port, `GET / HTTP/1.1\r\nHost: a\r\n${head}\r\n`)).body)
  t.deepEqual([address, secure], ['127.0.0.1', false])
})

const cases: readonly (readonly [title: string, headers: Record<string, string>, address: string, secure?: boolean])[] =
  [
    ['no forwarding header', {}, '127.0.0.1'],
    ['one client', { 'X-Forwarded-For': '198.51.100.7' }, '198.51.100.7'],
    ['a forged entry at the left', { 'X-Forwarded-For': '203.0.113.9, 198.51.100.7' }, '198.51.100.7'],
    ['two trusted proxies', { 'X-Forwarded-For': '203.0.113.9, 198.51.100.7, 10.0.0.1' }, '198.51.100.7'],
    ['a chain of trusted addresses only', { 'X-Forwarded-For': '10.0.0.2, 10.0.0.1' }, '10.0.0.2'],
    ['an entry that is no address', { 'X-Forwarded-For': '198.51.100.7, unknown, 10.0.0.1' }, '10.0.0.1'],
    ['an entry with spaces inside', { 'X-Forwarded-For': '198.51.100.7 10.0.0.1' }, '127.0.0.1'],
    ['an empty entry', { 'X-Forwarded-For': '198.51.100.7,' }, '127.0.0.1'],
    ['an octal address', { 'X-Forwarded-For': '010.0.0.1' }, '127.0.0.1'],
    ['a port', { 'X-Forwarded-For': '198.51.100.7:4711' }, '198.51.100.7'],
    ['an IPv6 client', { 'X-Forwarded-For': '2001:DB8:0::1' }, '2001:db8::1'],
    ['an IPv6 client with a port', { 'X-Forwarded-For': '[2001:db8::1]:4711' }, '2001:db8::1'],
    ['an IPv4-mapped client', { 'X-Forwarded-For': '::ffff:198.51.100.7' }, '198.51.100.7'],
    ['a client over TLS', { 'X-Forwarded-For': '198.51.100.7', 'X-Forwarded-Proto': 'https' }, '198.51.100.7', true],
    ['a protocol alone', { 'X-Forwarded-Proto': 'HTTPS' }, '127.0.0.1', true],
    [
      'a protocol forged at the left',
      { 'X-Forwarded-For': '198.51.100.7', 'X-Forwarded-Proto': 'https, http' },
      '198.51.100.7',
    ],
    [
      'TLS up to the outer proxy only',
      { 'X-Forwarded-For': '198.51.100.7, 10.0.0.1', 'X-Forwarded-Proto': 'https, http' },
      '198.51.100.7',
      true,
    ],
    ['Forwarded', { Forwarded: 'for=198.51.100.7;proto=https;by=10.0.0.1' }, '198.51.100.7', true],
    [
      'Forwarded through two proxies',
      { Forwarded: 'for=198.51.100.7;proto=https, For="10.0.0.1:80"' },
      '198.51.100.7',
      true,
    ],
    ['Forwarded with IPv6', { Forwarded: 'for="[2001:db8::1]:4711"' }, '2001:db8::1'],
    ['Forwarded with an obfuscated client', { Forwarded: 'for=_hidden' }, '127.0.0.1'],
    ['Forwarded behind an open quote', { Forwarded: 'for="203.0.113.9, for=198.51.100.7' }, '198.51.100.7'],
    ['both headers in agreement', { Forwarded: 'for=198.51.100.7', 'X-Forwarded-For': '198.51.100.7' }, '198.51.100.7'],
  ]
for (const [title, headers, address, secure = false] of cases) {
  test(`reads ${title} from a trusted proxy`, async (t) => {
    const { port } = await startServer(t, echoApp(behindProxies))
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const facts = JSON.parse((await ask(port, `GET / HTTP/1.1\r\nHost: a\r\n${head.join('')}\r\n`)).body)
    t.deepEqual([facts.address, facts.secure], [address, secure])
  })
}

test('refuses Forwarded and X-Forwarded-For that name different clients', async (t) => {
  const { port } = await startServer(t, echoApp(behindProxies))
  const head = 'X-Forwarded-For: 198.51.100.7\r\nForwarded: for=198.51.100.8\r\n'
  const { status, body } = await ask(port, `GET / HTTP/1.1\r\nHost: a\r\n${head}\r\n`)
  t.is(status, 400)
  t.is(JSON.parse(body).facts.address, '127.0.0.1')
})
