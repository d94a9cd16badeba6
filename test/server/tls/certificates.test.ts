/** Certificates that change while the server runs: new connections get them, old ones stay, and none that does not fit is shown. */

import { X509Certificate } from 'node:crypto'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { PolicyRefused } from '../../../src/policy/findings.ts'
import type { KeyPair } from '../../../src/services/tls/settings.ts'
import { writePolicies } from '../../helpers/gate.ts'
import { RawClient } from '../../helpers/raw.ts'
import { pairFiles, policyWith, shownBy, startSecure } from '../../helpers/secure-server.ts'
import { makeServerCertificate } from '../../helpers/server-certificate.ts'
import { until } from '../../helpers/until.ts'

const [first, second, other] = [1, 2, 3].map(() => makeServerCertificate(['localhost'])) as [KeyPair, KeyPair, KeyPair]
const short = makeServerCertificate(['localhost'], { newKey: ['rsa:1024'] })
const printOf = ({ cert }: KeyPair): string => new X509Certificate(cert).fingerprint256
const get = 'GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n'
const open = { 'a.yaml': policyWith(), ...pairFiles(first) }

test('new connections get the certificate that was written, and those that are open go on', async (t) => {
  const { server, write, metrics, logged } = await startSecure(t, open)
  const before = await RawClient.secure(server.port)
  t.is(await shownBy(server.port), printOf(first))
  write(pairFiles(second))
  await until(async () => (await shownBy(server.port)) === printOf(second))
  t.is((await before.send(get).answer()).body, 'ok')
  t.is(before.socket.getPeerX509Certificate()?.fingerprint256, printOf(first))
  t.is(metrics.certificates.get('default'), new X509Certificate(second.cert).validToDate.getTime())
  await until(() => logged().includes('certificates have changed: new connections get them'))
  before.socket.destroy()
})

test('a mount that an orchestrator swaps as a whole is followed, more than once', async (t) => {
  const mount = writePolicies({})
  const swap = (name: string, pair: KeyPair): void => {
    mkdirSync(join(mount, name))
    for (const [file, text] of Object.entries(pairFiles(pair))) writeFileSync(join(mount, name, file), text)
    symlinkSync(name, join(mount, '..next'))
    renameSync(join(mount, '..next'), join(mount, '..data'))
  }
  swap('..1', first)
  for (const file of Object.keys(pairFiles(first))) symlinkSync(join('..data', file), join(mount, file))
  const { server } = await startSecure(t, { 'a.yaml': policyWith().replaceAll('file:', `file:${mount}/`) })
  for (const [name, pair, gone] of [
    ['..2', second, '..1'],
    ['..3', other, '..2'],
  ] as const) {
    swap(name, pair)
    rmSync(join(mount, gone), { recursive: true })
    await until(async () => (await shownBy(server.port)) === printOf(pair))
  }
  t.pass()
})

test('a certificate whose key has not come yet waits for it, and nobody is told', async (t) => {
  const { server, write, logged, status } = await startSecure(t, open)
  const { 'tls.crt': cert = '', ...key } = pairFiles(second)
  write({ 'tls.crt': cert })
  t.is(await shownBy(server.port), printOf(first))
  write(key)
  await until(async () => (await shownBy(server.port)) === printOf(second))
  t.is(status.faults.size, 0)
  t.false(logged().some((line) => line.includes('refused')))
})

for (const [what, files, message] of [
  ['the key of another', { 'tls.key': other.key }, 'settings/tls-certificate expected the PEM key of `cert`'],
  ['a weak key', pairFiles(short), 'settings/tls-weak expected an RSA key of at least 2048 bits, got 1024'],
  ['no PEM', { 'tls.crt': 'none' }, 'settings/tls-certificate expected certificates in PEM'],
  ['nothing', { 'tls.crt': '' }, 'policy/'],
] as const)
  test(`${what} stays out until it is mended, and status and log say so`, async (t) => {
    const { server, write, logged, status } = await startSecure(t, open)
    write(files)
    await until(() => status.faults.has('tls'))
    t.true(status.faults.get('tls')?.includes(message), status.faults.get('tls'))
    t.is(logged().filter((line) => line.startsWith('new certificates are refused')).length, 1)
    t.is(await shownBy(server.port), printOf(first))
    write(pairFiles(second))
    await until(() => !status.faults.has('tls'))
    t.is(await shownBy(server.port), printOf(second))
    t.true(logged().includes('certificates are as they should be again'))
  })

test('a file that goes away changes nothing but the status', async (t) => {
  const { server, directory, status } = await startSecure(t, open)
  rmSync(join(directory, 'tls.key'))
  await until(() => status.faults.has('tls'))
  t.is(await shownBy(server.port), printOf(first))
})

test('no log line holds a line of a key', async (t) => {
  const { write, lines, status } = await startSecure(t, open)
  write({ 'tls.crt': second.key })
  await until(() => status.faults.has('tls'))
  for (const line of second.key.split('\n').filter((text) => text.length > 10 && !text.startsWith('---')))
    t.false(lines.join('').includes(line))
})

test('each name gets its certificate, a wildcard one label, and any other the default', async (t) => {
  const { server, metrics } = await startSecure(t, {
    'a.yaml': policyWith(`    sni:
      API.shop.example: { cert: '\${file:api.crt}', key: '\${file:api.key}' }
      '*.shop.example': { cert: '\${file:any.crt}', key: '\${file:any.key}' }
`),
    ...pairFiles(first),
    ...pairFiles(second, 'api'),
    ...pairFiles(other, 'any'),
  })
  for (const [name, pair] of [
    ['api.shop.example', second],
    ['Api.Shop.Example', second],
    ['www.shop.example', other],
    ['a.www.shop.example', first],
    ['shop.example', first],
    ['', first],
    ['constructor', first],
    ['localhost', first],
  ] as const)
    t.is(await shownBy(server.port, name), printOf(pair), name)
  t.deepEqual([...metrics.certificates.keys()], ['default', 'api.shop.example', '*.shop.example'])
})

test('a reload brings other names and another version', async (t) => {
  const { server, app, write } = await startSecure(t, open)
  const sni =
    "    minVersion: TLSv1.3\n    sni: { api.shop.example: { cert: '${file:api.crt}', key: '${file:api.key}' } }\n"
  write({ 'a.yaml': policyWith(sni), ...pairFiles(second, 'api') })
  await app.reload()
  t.is(await shownBy(server.port, 'api.shop.example'), printOf(second))
  t.is(await shownBy(server.port), printOf(first))
  await t.throwsAsync(RawClient.secure(server.port, { maxVersion: 'TLSv1.2' }), { message: /protocol version/i })
  write(pairFiles(other, 'api'))
  await until(async () => (await shownBy(server.port, 'api.shop.example')) === printOf(other))
  write({ 'a.yaml': policyWith() })
  await app.reload()
  t.is(await shownBy(server.port, 'api.shop.example'), printOf(first))
})

test('a certificate is renewed while the policies on disk are refused', async (t) => {
  const { server, app, write } = await startSecure(t, open)
  write({ 'a.yaml': 'routes: 1\n' })
  await t.throwsAsync(app.reload(), { instanceOf: PolicyRefused })
  write(pairFiles(second))
  await until(async () => (await shownBy(server.port)) === printOf(second))
  t.is((await (await RawClient.secure(server.port)).send(get).answer()).body, 'ok')
})

test('policies whose certificate does not fit are refused, and those in force stay with theirs', async (t) => {
  const { server, app, write } = await startSecure(t, open)
  write({ 'tls.crt': second.cert })
  const { diagnostics } = await t.throwsAsync(app.reload(), { instanceOf: PolicyRefused })
  t.deepEqual(
    diagnostics.map(({ rule }) => rule),
    ['settings/tls-certificate'],
  )
  t.is(await shownBy(server.port), printOf(first))
})

test('policies that no longer have TLS change nothing for the listener', async (t) => {
  const { server, app, write } = await startSecure(t, open)
  write({ 'a.yaml': policyWith().replace(/settings:[\s\S]*service/, 'service') })
  await app.reload()
  t.is(await shownBy(server.port), printOf(first))
  write(pairFiles(second))
  await until(async () => (await shownBy(server.port)) === printOf(second))
})
