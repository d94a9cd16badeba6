/** Secrets of `serve`: rotated while it runs, away when it starts, and nowhere in what it writes. */

import { createSecretKey, randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { Redis } from 'ioredis'
import { craft } from '../fixtures/tokens/craft.ts'
import { runCommand, type Served, serveCommand } from '../helpers/command.ts'
import { emptyFolder, writePolicies } from '../helpers/gate.ts'
import { startRedis } from '../helpers/redis-server.ts'
import { awsEnvironment, SecretsManagerServer } from '../helpers/secrets-manager-server.ts'
import { until } from '../helpers/until.ts'

const random = () => randomBytes(32).toString('base64url')

const tokenOf = (secret: string) =>
  craft({ algorithm: 'HS256', key: createSecretKey(Buffer.from(secret)), claims: { exp: 4e9 } })

const issuer = (reference: string, settings: string) => `settings: { ${settings} }
issuers:
  partner: { issuer: https://login.example/, audience: orders-api, algorithms: [HS256], secret: '\${secret:${reference}}' }
routes:
  GET /: { authenticate: jwt, reply: { body: ok } }
  GET /ready: { authenticate: public, builtin: ready }
`

async function start(t: ExecutionContext, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const served = await serveCommand(args, { env })
  t.teardown(() => served.child.kill('SIGKILL'))
  return served
}

const statusOf = async ({ url }: Served, secret: string): Promise<number> =>
  (await fetch(url, { headers: { authorization: `Bearer ${tokenOf(secret)}` } })).status

const said = ({ logged }: Served, text: string): number =>
  logged().filter(({ msg }) => String(msg).startsWith(text)).length

/** What the kubelet makes of a Secret, and how it replaces one. */
function publish(mount: string, version: string, secret: string): void {
  mkdirSync(join(mount, `..${version}`))
  writeFileSync(join(mount, `..${version}`, 'partner'), secret)
  symlinkSync(`..${version}`, join(mount, '..data_tmp'))
  renameSync(join(mount, '..data_tmp'), join(mount, '..data'))
}

for (const workers of ['1', '2']) {
  test.serial(`a secret that is replaced in its mount takes effect by itself, with ${workers} workers`, async (t) => {
    t.timeout(120_000)
    const [one, two, three] = [random(), random(), random()]
    const mount = emptyFolder()
    publish(mount, 'v1', one)
    symlinkSync('..data/partner', join(mount, 'partner'))
    const directory = writePolicies({ 'a.yaml': issuer('partner', `secrets: { provider: file, dir: ${mount} }`) })
    const served = await start(t, [directory, '--workers', workers])
    t.deepEqual([await statusOf(served, one), await statusOf(served, two)], [200, 401])
    publish(mount, 'v2', two)
    rmSync(join(mount, '..v1'), { recursive: true })
    await until(async () => (await statusOf(served, two)) === 200)
    await until(() => said(served, 'policies unchanged') > 0)
    // Whoever signs learns of it later: the one before is accepted for a while.
    t.deepEqual(
      [await statusOf(served, one), await statusOf(served, two), await statusOf(served, three)],
      [200, 200, 401],
    )
    t.true(said(served, 'secrets have changed: `partner`') > 0)
    t.is((await served.end('SIGTERM')).code, 0)
  })
}

test.serial('ten rotations under load refuse no token of the secret in use, or of the one before', async (t) => {
  t.timeout(180_000)
  const mount = emptyFolder()
  let [before, current] = [random(), random()]
  writeFileSync(join(mount, 'partner'), before)
  const directory = writePolicies({ 'a.yaml': issuer('partner', `secrets: { provider: file, dir: ${mount} }`) })
  const served = await start(t, [directory, '--workers', '2'])
  // Nobody signs with what the gate has not seen yet: each of the workers.
  const rotate = async (next: string) => {
    writeFileSync(join(mount, 'draft'), next)
    renameSync(join(mount, 'draft'), join(mount, 'partner'))
    for (let calls = 0; calls < 20; calls++) await until(async () => (await statusOf(served, next)) === 200)
  }
  await rotate(current)
  const statuses: number[] = []
  let isOver = false
  const load = async () => {
    while (!isOver) for (const secret of [before, current]) statuses.push(await statusOf(served, secret))
  }
  const loads = [load(), load(), load()]
  for (let rotation = 0; rotation < 10; rotation++) {
    const next = random()
    await rotate(next)
    before = current
    current = next
  }
  isOver = true
  await Promise.all(loads)
  t.true(statuses.length > 100)
  t.deepEqual(
    statuses.filter((status) => status !== 200),
    [],
  )
})

for (const workers of ['1', '2']) {
  test.serial(`another admin token holds at once, and the one before no more, with ${workers} workers`, async (t) => {
    const mount = emptyFolder()
    const [one, two] = [random(), random()]
    writeFileSync(join(mount, 'admin'), one)
    const directory = writePolicies({
      'a.yaml': `settings: { secrets: { provider: file, dir: ${mount} }, admin: { port: 0, token: '\${secret:admin}' } }
routes:
  GET /: { authenticate: public, reply: { body: ok } }
`,
    })
    const served = await start(t, [directory, '--workers', workers])
    const admin = String(served.logged().find((line) => line.admin)?.admin)
    const status = async (token: string) =>
      (await fetch(`${admin}/ready`, { headers: { authorization: `Bearer ${token}` } })).status
    t.deepEqual([await status(one), await status(two)], [200, 401])
    writeFileSync(join(mount, 'draft'), two)
    renameSync(join(mount, 'draft'), join(mount, 'admin'))
    await until(async () => (await status(two)) === 200)
    t.is(await status(one), 401)
    t.is(said(served, 'only a restart changes'), 0)
  })
}

test.serial('another password of Redis is taken without a restart', async (t) => {
  const redis = await startRedis(t)
  const admin = new Redis(redis.port, '127.0.0.1')
  t.teardown(() => admin.disconnect())
  const [one, two] = [random(), random()]
  await admin.call('ACL', 'SETUSER', 'gate', 'on', `>${one}`, '~*', '+@all')
  const mount = emptyFolder()
  writeFileSync(join(mount, 'redis'), one)
  const state = `{ url: 'redis://127.0.0.1:${redis.port}', username: gate, password: '\${secret:redis}', deadline: 2s }`
  const directory = writePolicies({
    'a.yaml': `settings: { secrets: { provider: file, dir: ${mount} }, state: ${state} }
routes:
  GET /: { authenticate: public, reply: { body: ok }, rateLimit: [{ by: all, limit: 5, per: 1d }] }
  GET /ready: { authenticate: public, builtin: ready }
`,
  })
  const served = await start(t, [directory])
  const ready = async () => (await (await fetch(`${served.url}/ready`)).text()).includes('"ready"')
  const calls = async (count: number) => {
    const statuses: number[] = []
    for (let call = 0; call < count; call++) statuses.push((await fetch(served.url)).status)
    return statuses
  }
  t.deepEqual(await calls(3), [200, 200, 200])
  await admin.call('ACL', 'SETUSER', 'gate', `>${two}`)
  writeFileSync(join(mount, 'draft'), two)
  renameSync(join(mount, 'draft'), join(mount, 'redis'))
  await until(() => said(served, 'policies unchanged') > 0)
  await admin.call('ACL', 'SETUSER', 'gate', `<${one}`)
  await admin.call('CLIENT', 'KILL', 'USER', 'gate')
  await until(async () => / user=gate /.test(String(await admin.call('CLIENT', 'LIST'))))
  await until(async () => (await calls(1))[0] === 429)
  await until(ready)
  t.is(said(served, 'only a restart changes'), 0)
  t.false(JSON.stringify(served.logged()).includes('WRONGPASS'))
})

test.serial('a weak secret in place of a good one changes nothing, and is told', async (t) => {
  const mount = emptyFolder()
  const good = random()
  writeFileSync(join(mount, 'partner'), good)
  const directory = writePolicies({ 'a.yaml': issuer('partner', `secrets: { provider: file, dir: ${mount} }`) })
  const served = await start(t, [directory])
  writeFileSync(join(mount, 'draft'), 'hunter2-hunter2')
  renameSync(join(mount, 'draft'), join(mount, 'partner'))
  await until(() => said(served, 'policies refused') > 0)
  t.is(await statusOf(served, good), 200)
  const { stdout, stderr } = await served.end('SIGTERM')
  t.regex(stdout, /issuers\/weak-secret/)
  t.false(`${stdout}${stderr}`.includes('hunter2'))
})

test.serial('a rotation in Secrets Manager is followed through its stages, and refuses no good token', async (t) => {
  t.timeout(180_000)
  const server = await SecretsManagerServer.start(t)
  const [zero, one, two] = [random(), random(), random()]
  const write = (key: string) => JSON.stringify({ key, user: 'partner' })
  server.put('shop/partner', write(zero), Date.now() - 9e9)
  server.put('shop/partner', write(one), Date.now() - 8e9)
  const settings = `secrets: { provider: aws, endpoint: '${server.endpoint}', refresh: 10s, deadline: 4s }`
  const directory = writePolicies({ 'a.yaml': issuer('shop/partner#key', settings) })
  const served = await start(t, [directory], awsEnvironment)
  const statuses = () => Promise.all([zero, one, two].map((secret) => statusOf(served, secret)))
  // The value before was taken back long ago.
  t.deepEqual(await statuses(), [401, 200, 401])
  server.putPending('shop/partner', write(two))
  await until(async () => (await statusOf(served, two)) === 200)
  t.deepEqual(await statuses(), [401, 200, 200])
  server.promote('shop/partner')
  const before = said(served, 'secrets have changed')
  await until(() => said(served, 'secrets have changed') > before)
  await until(() => said(served, 'policies unchanged') === 2)
  t.deepEqual(await statuses(), [401, 200, 200])
  server.mood = 'failing'
  await until(async () => (await (await fetch(`${served.url}/ready`)).text()).includes('degraded'))
  t.deepEqual(await statuses(), [401, 200, 200])
  served.child.kill('SIGHUP')
  await until(() => said(served, 'policies unchanged') === 3)
  t.deepEqual(await statuses(), [401, 200, 200])
  const { stdout, stderr, code } = await served.end('SIGTERM')
  t.is(code, 0)
  for (const secret of [zero, one, two]) t.false(`${stdout}${stderr}`.includes(secret))
})

test.serial('a start without Secrets Manager ends in time, names the secrets, and no value', async (t) => {
  const server = await SecretsManagerServer.start(t)
  for (const name of ['first', 'second']) server.put(name, random())
  const settings = `secrets: { provider: aws, endpoint: '${server.endpoint}', deadline: 1s }, admin: { token: '\${secret:second}' }`
  const directory = writePolicies({ 'a.yaml': issuer('first', settings) })
  server.mood = 'throttled'
  const { code, stderr, stdout } = await runCommand(['serve', directory], { env: awsEnvironment })
  t.is(code, 3)
  t.regex(
    stderr,
    /^portcullis: the secret `(first|second)` cannot be read .*fewer calls; the secret `(first|second)` cannot/,
  )
  t.is(stdout, '')
  server.mood = 'well'
  server.remove('first')
  const missing = await runCommand(['serve', directory], { env: awsEnvironment })
  t.is(missing.code, 1)
  t.regex(missing.stderr, /policy\/unresolved-reference {2}`\$\{secret:first\}`: the secret `first` cannot be read/)
})

/** Every file below a folder. */
const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())

test.serial('no log, crash or audit record holds a secret, whatever goes wrong', async (t) => {
  t.timeout(120_000)
  const secrets = Object.fromEntries(['PARTNER', 'ADMIN', 'HEADER', 'WEBHOOK', 'OTHER'].map((name) => [name, random()]))
  const env = Object.fromEntries(Object.entries(secrets).map(([name, text]) => [`PORTCULLIS_SECRET_${name}`, text]))
  const cwd = emptyFolder()
  const directory = writePolicies({
    'handlers.js': `
      const secrets = Object.keys(process.env).filter((name) => name.startsWith('PORTCULLIS_SECRET_')).map((name) => process.env[name])
      export const throws = () => { throw Object.assign(new Error(secrets.join()), { secrets, cause: new Error(secrets[0]) }) }
      export const rejects = (ctx) => { Promise.reject(new Error(secrets.join())); ctx.body = 'ok' }
      export const crashes = (ctx) => { setTimeout(() => { throw new TypeError(secrets.join('\\n')) }, 1); ctx.body = 'ok' }
    `,
    'a.yaml': `settings:
  admin: { port: 0, token: '\${secret:admin}' }
  audit: { heads: { publish: [{ webhook: { url: 'http://127.0.0.1:9', token: '\${secret:webhook}' } }] } }
issuers:
  partner: { issuer: https://login.example/, audience: orders-api, algorithms: [HS256], secret: '\${secret:partner}' }
defaults: { authenticate: public }
routes:
  GET /me: { authenticate: jwt, reply: { body: ok } }
  POST /throws: { handler: ./handlers.js#throws }
  POST /rejects: { handler: ./handlers.js#rejects }
  POST /crashes: { handler: ./handlers.js#crashes }
  POST /up: { upstream: { url: 'http://127.0.0.1:9', headers: { X-Api-Key: '\${secret:header}', X-Other: 'a \${secret:other}' } } }
`,
  })
  const served = await serveCommand([directory, '--log-level', 'debug'], { env, cwd })
  t.teardown(() => served.child.kill('SIGKILL'))
  const admin = String(served.logged().find(({ admin }) => admin)?.admin)
  for (const path of ['throws', 'rejects', 'up']) await fetch(`${served.url}/${path}`, { method: 'POST' })
  await fetch(`${served.url}/me`, { headers: { authorization: `Bearer ${tokenOf(random())}` } })
  await fetch(`${served.url}/me?${secrets.PARTNER}`, { headers: { authorization: `Bearer ${secrets.PARTNER}` } })
  await fetch(`${admin}/reload`, { method: 'POST', headers: { authorization: `Bearer ${secrets.ADMIN}x` } })
  writeFileSync(join(directory, 'b.yaml'), "service: b\ndefaults: { network: ['${secret:partner}'] }\n")
  await fetch(`${admin}/reload`, { method: 'POST', headers: { authorization: `Bearer ${secrets.ADMIN}` } })
  const ended = new Promise<number | null>((resolve) => served.child.once('close', resolve))
  await fetch(`${served.url}/crashes`, { method: 'POST' })
  t.is(await ended, 1)
  const written = [JSON.stringify(served.logged()), ...filesIn(cwd).map((path) => readFileSync(path, 'utf8'))]
  t.true(written.length > 1)
  t.regex(written[0] ?? '', /unexpected error; the server ends/)
  for (const [name, text] of Object.entries(secrets)) t.false(written.join('\n').includes(text), name)
  t.true((written[0] ?? '').split('[secret partner]').length > 4)
})
