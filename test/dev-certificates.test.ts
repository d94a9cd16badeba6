/** `npm run certificates`: certificates that a server and curl take, for names of this machine alone, and that are never lost. */

import { execFile, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import { serveCommand } from './helpers/command.ts'
import { emptyFolder, writePolicies } from './helpers/gate.ts'

const script = fileURLToPath(new URL('../scripts/dev-certificates.ts', import.meta.url))
const run = (cwd: string, ...args: readonly string[]) =>
  spawnSync(process.execPath, [script, ...args], { cwd, encoding: 'utf8' })
const files = ['ca.crt', 'ca.key', 'client.crt', 'client.key', 'tls.crt', 'tls.key']

/** The part of what was said that belongs into the policies. */
const settingsOf = (said: string): string => /^settings:\n( .*\n)+/m.exec(said)?.[0] ?? ''

test('what it makes and says to write lets curl in by its certificate, and nobody without', async (t) => {
  t.timeout(120_000)
  const cwd = writePolicies({ 'policies/a.yaml': '' })
  const made = run(cwd, '--client', 'alice')
  t.is(made.status, 0, made.stderr)
  const routes = 'routes:\n  GET /a: { authenticate: { mtls: { allow: [alice] } }, reply: { body: ok } }\n'
  writeFileSync(join(cwd, 'policies/a.yaml'), settingsOf(made.stdout) + routes)
  const served = await serveCommand(['./policies'], { cwd })
  t.teardown(() => void served.child.kill('SIGKILL'))
  const { port } = new URL(served.url)
  const [, ...written] = /^curl (.*) https:.*$/m.exec(made.stdout)?.[0].split(' ').slice(0, -1) ?? []
  const curl = async (args: readonly string[], host: string): Promise<string> =>
    (await promisify(execFile)('curl', ['-sS', '-w', '%{http_code}', ...args, `https://${host}:${port}/a`], { cwd }))
      .stdout
  for (const host of ['localhost', '127.0.0.1']) t.is(await curl(written, host), 'ok200', host)
  t.regex(await curl(written.slice(0, 2), 'localhost'), /credential_missing.*401$/)
  await t.throwsAsync(curl([], 'localhost'), { message: /certificate/ })
})

const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8)

test('keys are for their owner alone, and nothing is overwritten unasked', (t) => {
  const cwd = emptyFolder()
  t.is(run(cwd, 'own').status, 0)
  const folder = join(cwd, 'own')
  t.deepEqual(readdirSync(folder).sort(), files)
  t.is(modeOf(folder), '700')
  for (const file of files) t.is(modeOf(join(folder, file)), '600', file)
  const textOf = () => files.map((file) => readFileSync(join(folder, file), 'utf8'))
  const before = textOf()
  const again = run(cwd, 'own')
  t.deepEqual([again.status, again.stdout], [1, ''])
  t.is(again.stderr, 'dev-certificates: own/ca.crt is there already: --force makes all of them anew\n')
  t.deepEqual(textOf(), before)
  t.is(run(cwd, 'own', '--force').status, 0)
  t.deepEqual(readdirSync(folder).sort(), files)
  for (const [index, text] of textOf().entries()) t.not(text, before[index])
})

test('its authority counts for the names of this machine, and those that are asked for, alone', (t) => {
  const cwd = emptyFolder()
  t.is(run(cwd, '.', '--name', 'redis.test').status, 0)
  const openssl = (...args: readonly string[]) => spawnSync('openssl', args, { cwd, encoding: 'utf8' })
  const verify = (cert: string, ...args: readonly string[]) => openssl('verify', '-CAfile', 'ca.crt', ...args, cert)
  for (const name of ['localhost', 'redis.test'])
    t.is(verify('tls.crt', '-purpose', 'sslserver', '-verify_hostname', name).status, 0, name)
  for (const address of ['127.0.0.1', '::1']) t.is(verify('tls.crt', '-verify_ip', address).status, 0, address)
  t.is(verify('client.crt', '-purpose', 'sslclient').status, 0)
  t.not(verify('client.crt', '-purpose', 'sslserver').status, 0)
  t.not(verify('tls.crt', '-purpose', 'sslclient').status, 0)
  const request = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    'x.key',
    '-out',
    'x.csr',
  ]
  openssl('req', ...request, '-subj', '/CN=x', '-addext', 'subjectAltName=DNS:shop.example')
  const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-copy_extensions', 'copy', '-out', 'x.crt']
  t.is(openssl('x509', '-req', '-in', 'x.csr', ...signed).status, 0)
  t.regex(verify('x.crt').stderr, /permitted subtree violation/)
})

test('says what is wrong with what it is told, and makes nothing then', (t) => {
  const cwd = emptyFolder()
  for (const [args, message] of [
    [['--name', 'a b'], 'expected a host name, got `a b`'],
    [['--name', 'a\n[ca]'], 'expected a host name, got `a\n[ca]`'],
    [['--client', 'a.example/O=x'], 'expected letters, digits, `_` and `-` for --client, got `a.example/O=x`'],
    [['a', 'b'], 'expected one folder'],
  ] as const)
    t.like(run(cwd, ...args), { status: 1, stderr: `dev-certificates: ${message}\n` })
  t.like(spawnSync(process.execPath, [script], { cwd, encoding: 'utf8', env: { PATH: '' } }), {
    status: 1,
    stderr: 'dev-certificates: openssl is not installed\n',
  })
  t.deepEqual(readdirSync(join(cwd, 'data/certificates')), [])
})
