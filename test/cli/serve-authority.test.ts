/** `serve` among servers with authorities of their own: what it shows them is rotated while it runs, and never told. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { craft } from '../fixtures/tokens/craft.ts'
import { jwk, otherRsa, rsa } from '../fixtures/tokens/keys.ts'
import { startPublisher } from '../fixtures/tokens/publisher.ts'
import { makeCertificates } from '../helpers/certificates.ts'
import { runCommand, serveCommand } from '../helpers/command.ts'
import { writePolicies } from '../helpers/gate.ts'
import { awsEnvironment, SecretsManagerServer } from '../helpers/secrets-manager-server.ts'
import { until } from '../helpers/until.ts'

const [first, second] = [makeCertificates(), makeCertificates()]
const asking = { requestCert: true, rejectUnauthorized: true }
const claims = { exp: 4e9 }
const tokenA = craft({ algorithm: 'RS256', key: rsa.privateKey, header: { kid: 'a' }, claims })
const tokenB = craft({ algorithm: 'RS256', key: otherRsa.privateKey, header: { kid: 'b' }, claims })

const policies = (endpoint: string, jwks = 'https://login.example/jwks') => `settings:
  secrets: { provider: aws, endpoint: '${endpoint}', ca: '\${file:secrets-ca.crt}', deadline: 5s }
issuers:
  corp:
    issuer: https://login.example/
    audience: orders-api
    algorithms: [RS256]
    jwks: { url: '${jwks}', serverName: localhost, ca: '\${file:issuer-ca.crt}', cert: '\${file:gate.crt}', key: '\${secret:gate-key}' }
routes:
  GET /: { authenticate: jwt, reply: { body: ok } }
`

/** Of a key in PEM. */
const linesOf = (key: string): readonly string[] => key.split('\n').filter((line) => line.length > 40)

test('another authority of Secrets Manager, and another certificate for an issuer, hold with a reload', async (t) => {
  t.timeout(180_000)
  const manager = await SecretsManagerServer.start(t, first.local)
  manager.put('gate-key', first.gate.key)
  const publisher = await startPublisher(t, [jwk(rsa, { kid: 'a' })], { ca: first.ca, ...first.local, ...asking })
  const directory = writePolicies({
    'a.yaml': policies(manager.endpoint, publisher.url),
    'secrets-ca.crt': first.ca,
    'issuer-ca.crt': first.ca,
    'gate.crt': first.gate.cert,
  })
  const served = await serveCommand([directory], { env: awsEnvironment })
  t.teardown(() => served.child.kill('SIGKILL'))
  const status = async (token: string) =>
    (await fetch(served.url, { headers: { authorization: `Bearer ${token}` } })).status
  await until(async () => (await status(tokenA)) === 200)
  manager.secure(second.local)
  manager.put('gate-key', second.gate.key)
  publisher.secure({ ca: second.ca, ...first.local })
  publisher.publish([jwk(otherRsa, { kid: 'b' })])
  writeFileSync(join(directory, 'secrets-ca.crt'), second.ca)
  writeFileSync(join(directory, 'gate.crt'), second.gate.cert)
  served.child.kill('SIGHUP')
  await until(async () => (await status(tokenB)) === 200)
  await until(async () => (await status(tokenA)) === 401)
  const { stdout, stderr, code } = await served.end('SIGTERM')
  t.is(code, 0)
  t.true(publisher.asked >= 2)
  for (const line of [first, second].flatMap(({ gate }) => linesOf(gate.key)))
    t.false(`${stdout}${stderr}`.includes(line))
})

const faults: Readonly<Record<string, readonly [Readonly<Record<string, string>>, RegExp]>> = {
  'is not there': [{}, /a\.yaml:2:\d+.*policy\/unresolved-reference.*cannot read `.*secrets-ca\.crt`/],
  'is none': [{ 'secrets-ca.crt': 'hunter2' }, /a\.yaml:2:\d+.*settings\/secrets-certificate.*certificates in PEM/],
  'is a key': [{ 'secrets-ca.crt': first.gate.key }, /a\.yaml:2:\d+.*settings\/secrets-certificate/],
}

for (const [what, [files, message]] of Object.entries(faults)) {
  test(`where the authority of Secrets Manager ${what}, that is said, and nobody is called`, async (t) => {
    t.timeout(120_000)
    const manager = await SecretsManagerServer.start(t, first.local)
    const rest = { 'issuer-ca.crt': first.ca, 'gate.crt': first.gate.cert }
    const directory = writePolicies({ 'a.yaml': policies(manager.endpoint), ...rest, ...files })
    for (const command of [['serve'], ['secrets', 'check']]) {
      const { code, stderr, stdout } = await runCommand([...command, directory], { env: awsEnvironment })
      t.is(code, 1)
      t.regex(stderr, message)
      for (const text of ['hunter2', ...linesOf(first.gate.key)]) t.false(`${stdout}${stderr}`.includes(text))
    }
    t.deepEqual(manager.calls, [])
  })
}
