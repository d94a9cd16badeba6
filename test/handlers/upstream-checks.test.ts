import test from 'ava'
import type { UpstreamOptions } from '../../src/handlers/upstream/checks.ts'
import { upstream } from '../../src/handlers/upstream/upstream.ts'
import { makeCertificates } from '../helpers/certificates.ts'
import { siteOf } from './gate.ts'

const { ca, server, gate } = makeCertificates()

/** Rule and path of every fault. */
const faultsOf = (block: string | UpstreamOptions): readonly string[] =>
  (upstream.check?.(block, siteOf()) ?? []).map(({ rule, path }) => [rule, ...path].join(' '))

for (const url of [
  'http://127.0.0.1:9000',
  'http://localhost',
  'http://[::1]:1/',
  'https://orders.internal',
  'HTTPS://a.example:8443',
  '${env:ORDERS_URL}',
  'http://${env:HOST}:9000',
]) {
  test(`accepts ${url}`, (t) => {
    t.deepEqual(faultsOf(url), [])
  })
}

for (const url of [
  ...[
    'https://a.example/path',
    'https://a.example?q',
    'https://a.example#f',
    'https://a.example/?',
    'https://u:p@a.example',
    'https://u@a.example',
  ],
  ...[
    'ftp://a.example',
    'a.example:80',
    '//a.example',
    'http:a.example',
    'http:\\\\a.example',
    'https://a example',
    'https://',
    'https://a:99999',
    'unix:/run/a.sock',
    ' https://a.example',
  ],
]) {
  test(`refuses the url ${url}`, (t) => {
    t.deepEqual(faultsOf(url), ['upstream/invalid-url'])
    t.deepEqual(faultsOf({ url }), ['upstream/invalid-url url'])
  })
}

test('refuses plain http to another machine, and warns of it where a reason is given', (t) => {
  for (const url of [
    'http://orders.internal',
    'http://10.0.0.1:80',
    'http://0.0.0.0',
    'http://127.0.0.1.evil.example',
  ]) {
    t.deepEqual(faultsOf(url), ['upstream/plain-http'], url)
    t.deepEqual(faultsOf({ url, insecurePlain: 'same rack' }), ['upstream/insecure-plain url'], url)
  }
  t.is(upstream.rules?.['upstream/insecure-plain']?.severity, 'warning')
  t.deepEqual(faultsOf({ url: 'http://127.0.0.1', insecurePlain: 'none' }), [])
})

test('refuses certificates over plain http', (t) => {
  t.deepEqual(faultsOf({ url: 'http://127.0.0.1', ca, serverName: 'a' }), [
    'upstream/unused-tls ca',
    'upstream/unused-tls serverName',
  ])
})

test('judges certificates once they are known', (t) => {
  const url = 'https://a.example'
  t.deepEqual(faultsOf({ url, ca, ...gate }), [])
  t.deepEqual(faultsOf({ url, ca: '${file:ca.crt}', cert: '${file:a.crt}', key: '${secret:a-key}' }), [])
  t.deepEqual(faultsOf({ url, ca: 'garbage' }), ['upstream/invalid-certificate ca'])
  t.deepEqual(faultsOf({ url, cert: gate.cert }), ['upstream/invalid-certificate cert'])
  t.deepEqual(faultsOf({ url, key: gate.key }), ['upstream/invalid-certificate key'])
  t.deepEqual(faultsOf({ url, cert: 'garbage', key: gate.key }), ['upstream/invalid-certificate cert'])
  t.deepEqual(faultsOf({ url, cert: gate.cert, key: server.key }), ['upstream/invalid-certificate key'])
})

test('refuses headers that are not for the policy to set', (t) => {
  for (const name of [
    'Host',
    'content-length',
    'Transfer-Encoding',
    'Connection',
    'X-User-Id',
    'x_user_id',
    'X-Request-Id',
    'X-Forwarded-For',
    'traceparent',
    'A B',
    '',
    'A:',
  ]) {
    t.deepEqual(faultsOf({ url: 'https://a', headers: { [name]: 'x' } }), [`upstream/invalid-header headers ${name}`])
  }
  for (const value of ['', ' a', 'a\r\nX: 1', 'caf\u00e9', 'a\0']) {
    t.deepEqual(faultsOf({ url: 'https://a', headers: { 'X-A': value } }), ['upstream/invalid-header headers X-A'])
  }
  for (const value of [
    'a',
    '100%',
    '${env:KEY}',
    'Bearer ${secret:key}',
    '${user.claims.tenant}',
    '${user.id}-${ip}',
  ]) {
    t.deepEqual(faultsOf({ url: 'https://a', headers: { 'X-A': value } }), [])
  }
})

test('refuses an expression that names nothing', (t) => {
  for (const value of ['${user.name}', '${nobody}', '${user.id', '${}']) {
    t.deepEqual(
      faultsOf({ url: 'https://a', headers: { 'X-A': value } }),
      ['upstream/invalid-expression headers X-A'],
      value,
    )
  }
})
