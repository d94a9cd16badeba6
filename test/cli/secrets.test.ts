/** `portcullis secrets check`: what is there, what is fit, and never what it is. */

import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Ended, runCommand } from '../helpers/command.ts'
import { emptyFolder, writePolicies } from '../helpers/gate.ts'
import { awsEnvironment, SecretsManagerServer } from '../helpers/secrets-manager-server.ts'

const strong = 'b4kNfJ0rQ8vXcT2mZyW6sLhGd1aEuP3i'

const policies = (provider: string, [issuer = '', reply = '']: readonly string[]) =>
  writePolicies({
    'a.yaml': `settings: { secrets: ${provider} }
issuers:
  partner: { issuer: https://login.example/, audience: orders-api, algorithms: [HS256], secret: '\${secret:${issuer}}' }
routes:
  GET /: { authenticate: jwt, reply: { body: '\${secret:${reply}}', headers: { X: '\${secret:${reply}}' } } }
`,
  })

const silent = (t: Pick<ExecutionContext, 'false'>, { stdout, stderr }: Ended, ...secrets: readonly string[]) => {
  for (const secret of secrets) t.false(`${stdout}${stderr}`.includes(secret), secret)
}

test('tells where each secret is, how long it is about, and where it is used', async (t) => {
  const directory = policies('{ provider: env }', ['partner', 'greeting'])
  const env = { PORTCULLIS_SECRET_PARTNER: strong, PORTCULLIS_SECRET_GREETING: 'hello-everyone' }
  const ended = await runCommand(['secrets', 'check', directory], { env })
  t.deepEqual([ended.code, ended.stderr], [0, ''])
  t.is(
    ended.stdout,
    `ok      greeting  PORTCULLIS_SECRET_GREETING; below 16 bytes
        ${directory}/a.yaml:5
ok      partner   PORTCULLIS_SECRET_PARTNER; 32 to 63 bytes
        ${directory}/a.yaml:3
`,
  )
  silent(t, ended, strong, 'hello-everyone')
})

test('ends with 1 where one is missing, or weak where it is used', async (t) => {
  const secrets = emptyFolder()
  writeFileSync(join(secrets, 'partner'), 'hunter2-hunter2')
  chmodSync(join(secrets, 'partner'), 0o644)
  const directory = policies(`{ provider: file, dir: ${secrets} }`, ['partner', 'greeting'])
  const ended = await runCommand(['secrets', 'check', '--policies', directory, '--format', 'json'])
  t.is(ended.code, 1)
  const [greeting, partner] = JSON.parse(ended.stdout)
  t.like(greeting, { name: 'greeting', state: 'missing', place: join(secrets, 'greeting') })
  t.regex(greeting.problems[0], /put it into/)
  t.is(greeting.used.length, 1)
  t.like(partner, { name: 'partner', state: 'unfit', length: 'below 16 bytes' })
  t.regex(partner.problems.join(), /^issuers\/weak-secret: expected a secret of at least 32 bytes/)
  t.regex(partner.facts.join('; '), /^written \d{4}-.*; every user of this machine can read it$/)
  silent(t, ended, 'hunter2')
})

test('asks Secrets Manager once a secret, for its stages too', async (t) => {
  const server = await SecretsManagerServer.start(t)
  server.put('shop', JSON.stringify({ key: 'old', greeting: 'hi' }), 0)
  server.put('shop', JSON.stringify({ key: strong, greeting: 'hi' }), 0)
  const provider = `{ provider: aws, endpoint: '${server.endpoint}' }`
  const ended = await runCommand(['secrets', 'check', policies(provider, ['shop#key', 'shop#greeting'])], {
    env: awsEnvironment,
  })
  t.is(ended.code, 0)
  t.regex(
    ended.stdout,
    /^ok {6}shop#greeting {2}`shop` in Secrets Manager, member `greeting`; below 16 bytes; AWSCURRENT, AWSPREVIOUS; changed 1970-/,
  )
  t.is(server.gets('shop'), 1)
  silent(t, ended, strong)
})

test('ends with 3 where nobody can tell', async (t) => {
  const server = await SecretsManagerServer.start(t)
  server.put('shop', JSON.stringify({ key: strong }))
  const provider = `{ provider: aws, endpoint: '${server.endpoint}', deadline: 1s }`
  const directory = policies(provider, ['shop#key', 'shop#key'])
  for (const [mood, text] of [
    ['denied', /^away .*\n +the secret `shop` cannot be read from Secrets Manager: AccessDeniedException: User/],
    ['throttled', /asks for fewer calls/],
    ['cut', /its answer cannot be understood|cannot be reached/],
  ] as const) {
    server.mood = mood
    const ended = await runCommand(['secrets', 'check', directory], { env: awsEnvironment })
    t.is(ended.code, 3, mood)
    t.regex(ended.stdout, text)
    silent(t, ended, strong, 'half-of')
  }
})

test('says that there is none, and what is wrong with a call', async (t) => {
  const none = writePolicies({ 'a.yaml': 'routes:\n  GET /: { authenticate: public, builtin: health }\n' })
  t.like(await runCommand(['secrets', 'check', none]), { code: 0, stdout: 'the policies name no secret\n' })
  t.like(await runCommand(['secrets', 'show', none]), { code: 2, stdout: '' })
  t.like(await runCommand(['secrets', 'check', none, '--policies', none]), { code: 2, stdout: '' })
  t.like(await runCommand(['secrets', 'check', none, '--format', 'yaml']), { code: 2, stdout: '' })
  const broken = writePolicies({ 'a.yaml': 'routes: {}\n' })
  t.like(await runCommand(['secrets', 'check', broken]), { code: 1, stdout: '' })
})
