/** `portcullis tokens revoke` where no issuer has accounts: by the admin listener, in processes of their own. */

import { readdirSync, readFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { runCommand, type Served, serveCommand } from '../helpers/command.ts'
import { freePort } from '../helpers/free-port.ts'
import { writePolicies } from '../helpers/gate.ts'
import { startRedis } from '../helpers/redis-server.ts'
import { until } from '../helpers/until.ts'

const adminToken = 'q7Vw2mZ0fXn5sRk8yB3tLcJ6hDpG9aEu'
const env = { PORTCULLIS_SECRET_ADMIN: adminToken }

const policies = (settings: string) => `
settings: { ${settings} }
issuers:
  shop: { builtin: true, audience: shop-api, scopes: [a:b] }
defaults: { rateLimit: [{ by: ip, limit: 100000, per: 1m }] }
routes:
  GET /orders: { authenticate: jwt, reply: { status: 200, body: { for: everyone } } }
`
const adminOn = (port: number): string => `admin: { port: ${port}, token: '\${secret:admin}' }`

const serve = async (t: ExecutionContext, cwd: string, args: readonly string[]): Promise<Served> => {
  const served = await serveCommand(args, { cwd, env })
  t.teardown(() => void served.child.kill('SIGKILL'))
  return served
}

async function mint(cwd: string, sub: string): Promise<string> {
  return (await runCommand(['token', './policies', '--sub', sub], { cwd })).stdout.trim()
}

async function statuses(served: readonly Served[], token: string): Promise<ReadonlySet<number>> {
  const headers = { authorization: `Bearer ${token}`, connection: 'close' }
  const calls = served.flatMap(({ url }) =>
    Array.from({ length: 8 }, async () => (await fetch(`${url}/orders`, { headers })).status),
  )
  return new Set(await Promise.all(calls))
}

const revoke = (cwd: string, args: readonly string[], given: Readonly<Record<string, string>> = env) =>
  runCommand(['tokens', 'revoke', ...args], { cwd, env: given })

function recordsOf(cwd: string): string {
  const folder = join(cwd, 'data/audit')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl'))
  return files.map((name) => readFileSync(join(folder, name), 'utf8')).join('')
}

for (const flags of [[], ['--workers', '2']])
  test(`a server takes tokens back ${flags.join(' ')}`, async (t) => {
    t.timeout(180_000)
    const cwd = writePolicies({ 'policies/shop.yaml': policies(adminOn(await freePort())) })
    const served = [await serve(t, cwd, ['./policies', ...flags])]
    const [alice, bob] = [await mint(cwd, 'alice'), await mint(cwd, 'bob')]
    t.deepEqual([...(await statuses(served, alice))], [200])
    const done = await revoke(cwd, ['--user', 'alice', '--for', '1h'])
    t.like(done, {
      code: 0,
      stdout: 'user `alice`: revoked on this server, and on all that share its state\n',
      stderr: '',
    })
    await until(async () => !(await statuses(served, alice)).has(200))
    t.deepEqual([...(await statuses(served, bob))], [200])
    const { jti } = JSON.parse(Buffer.from(bob.split('.')[1] ?? '', 'base64url').toString())
    t.is((await revoke(cwd, ['--token', jti, '--issuer', 'shop'])).code, 0)
    await until(async () => !(await statuses(served, bob)).has(200))
    await served[0]?.end('SIGTERM')
    const records = recordsOf(cwd)
      .split('\n')
      .filter((line) => line.includes('"auth.revoked"'))
    const operator = { user: userInfo().username, host: hostname() }
    t.like(
      records.map((line) => JSON.parse(line)),
      [
        {
          outcome: 'done',
          operator,
          revoked: { kind: 'user', issuer: 'urn:portcullis:shop', id: 'alice' },
          reach: 'stored',
        },
        {
          outcome: 'done',
          operator,
          revoked: { kind: 'token', issuer: 'urn:portcullis:shop', id: jti },
          reach: 'stored',
        },
      ],
    )
    t.false(recordsOf(cwd).includes(adminToken))
  })

test('with Redis all other servers hear of it', async (t) => {
  t.timeout(180_000)
  const state = `state: { url: 'redis://127.0.0.1:${(await startRedis(t)).port}', deadline: 5s }`
  const cwd = writePolicies({
    'policies/shop.yaml': policies(`${adminOn(await freePort())}, ${state}`),
    'other/shop.yaml': policies(state),
  })
  const served = [await serve(t, cwd, ['./policies']), await serve(t, cwd, ['./other'])]
  const alice = await mint(cwd, 'alice')
  t.deepEqual([...(await statuses(served, alice))], [200])
  t.is((await revoke(cwd, ['--user', 'alice'])).code, 0)
  await until(async () => !(await statuses(served, alice)).has(200))
  t.pass()
})

test('what nothing carries is refused, and who is not let in learns why', async (t) => {
  t.timeout(180_000)
  const bare = writePolicies({ 'policies/shop.yaml': policies('audit: off') })
  const refused = await revoke(bare, ['--user', 'alice'])
  t.is(refused.code, 1)
  t.regex(refused.stderr, /^portcullis: nothing carries it to the servers: no issuer has accounts/)
  const port = await freePort()
  const cwd = writePolicies({ 'policies/shop.yaml': policies(adminOn(port)) })
  const away = await revoke(cwd, ['--user', 'alice'])
  t.is(away.code, 3)
  t.true(away.stderr.includes(`http://127.0.0.1:${port}/revocations does not answer`), away.stderr)
  t.false(away.stderr.includes(adminToken))
  await serve(t, cwd, ['./policies'])
  const other = await revoke(cwd, ['--user', 'alice'], { PORTCULLIS_SECRET_ADMIN: `${adminToken}X` })
  t.is(other.code, 1)
  t.true(other.stderr.includes('refused it with 401'), other.stderr)
  for (const args of [
    [],
    ['--user', 'a', '--token', 'b'],
    ['--user', ''],
    ['--user', 'a', '--for', 'ever'],
    ['--user', 'a', '--for', '99999999d'],
    ['--user', 'a', '--issuer', 'x'],
  ])
    t.is((await revoke(cwd, args)).code, 2, args.join(' '))
  const call = async (body: string) =>
    fetch(`http://127.0.0.1:${port}/revocations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}` },
      body,
    })
  const good = { kind: 'user', issuer: 'shop', id: 'alice' }
  for (const body of [
    '',
    '[]',
    '{',
    '{"kind":"user"}',
    JSON.stringify({ ...good, issuer: 'x' }),
    JSON.stringify({ ...good, more: 1 }),
  ])
    t.is((await call(body)).status, 422, body)
  t.is((await call(`"${'x'.repeat(9_000)}"`)).status, 413)
  t.is((await call(JSON.stringify(good))).status, 200)
  t.is(
    (await fetch(`http://127.0.0.1:${port}/revocations`, { method: 'POST', body: JSON.stringify(good) })).status,
    401,
  )
})

test('a name without its flag is no name of a user', async (t) => {
  const { code, stderr } = await runCommand(['tokens', 'revoke', 'alice'])
  t.is(code, 2)
  t.regex(stderr, /^portcullis: expected `--user NAME`, `--session ID` or `--token JTI` after `revoke`/)
})
