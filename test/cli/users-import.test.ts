/** `portcullis users import`, in processes of its own: accounts of another system log in, and nothing half-way comes of a bad file. */

import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import bcrypt from 'bcryptjs'
import { runCommand, serveCommand } from '../helpers/command.ts'
import { emptyFolder, writePolicies } from '../helpers/gate.ts'
import { startPostgres } from '../helpers/postgres-server.ts'

const password = 'seven sober otters sing'
const hash = bcrypt.hashSync(password, 4)
const fieldKey = randomBytes(32).toString('hex')
const sqlite = `{ url: 'sqlite:own.db', fieldKeys: ['\${secret:field-key}'], deadline: 20s }`

const policies = (database: string) => `
settings: { database: ${database}, audit: { rotate: { every: 1d } } }
issuers:
  shop: { builtin: true, audience: shop-api, refreshTtl: 30d }
defaults: { rateLimit: [{ by: ip, limit: 1000, per: 1m }] }
routes:
  POST /login: { authenticate: public, builtin: login }
`

function siteOf(database = sqlite, more: Readonly<Record<string, string>> = {}) {
  const cwd = writePolicies({ 'policies/shop.yaml': policies(database) })
  const env = { PORTCULLIS_SECRET_FIELD_KEY: fieldKey, ...more }
  const run = (args: readonly string[], input = '') => runCommand(['users', ...args], { cwd, env, input })
  const names = async () =>
    (await run(['list'])).stdout
      .split('\n')
      .map((line) => line.split('\t')[0])
      .filter(Boolean)
  return { cwd, env, run, names }
}

const lineOf = (username: string, more: object = {}): string =>
  JSON.stringify({ username, password_hash: hash, ...more })
const textOf = (...lines: readonly string[]): string => `${lines.join('\n')}\n`

async function logIn(t: ExecutionContext, { cwd, env }: ReturnType<typeof siteOf>, usernames: readonly string[]) {
  const served = await serveCommand(['./policies'], { cwd, env })
  t.teardown(() => void served.child.kill('SIGKILL'))
  const statuses: number[] = []
  for (const username of usernames) {
    const answer = await fetch(`${served.url}/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, password }),
    })
    statuses.push(answer.status)
  }
  return { statuses, end: () => served.end('SIGTERM') }
}

test('accounts come with their hashes, log in, and are on record', async (t) => {
  t.timeout(180_000)
  const site = siteOf()
  const more = { email: 'bob@example.com', roles: ['customer'], scopes: ['orders:read'], claims: { plan: 'pro' } }
  const text = textOf(
    lineOf('alice', { password_hash: hash.replace('$2b$', '$2y$') }),
    '',
    `\t${lineOf('bob', more)}\r`,
    lineOf('carol', { disabled: true }),
  )
  writeFileSync(join(site.cwd, 'users.ndjson'), text)
  const tried = await site.run(['import', 'users.ndjson', '--dry-run'])
  t.deepEqual(tried, { code: 0, stdout: '3 accounts can be imported\n', stderr: '' })
  t.deepEqual(await site.names(), [])
  const done = await site.run(['import', 'users.ndjson'])
  t.deepEqual(done, { code: 0, stdout: '3 accounts were imported\n', stderr: '' })
  const { stdout } = await site.run(['list'])
  t.regex(stdout, /^bob\t[0-9a-f]{32}\tenabled\troles=customer\tscopes=orders:read\t/m)
  t.regex(stdout, /^carol\t[0-9a-f]{32}\tdisabled\t/m)
  const { statuses, end } = await logIn(t, site, ['alice', 'bob', 'carol'])
  t.deepEqual(statuses, [200, 200, 401])
  const ended = await end()
  const folder = join(site.cwd, 'data/audit')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl'))
  const log = files.map((name) => readFileSync(join(folder, name), 'utf8')).join('')
  const records = log.split('\n').filter((line) => line.includes('"account.imported"'))
  t.like(
    records.map((line) => JSON.parse(line)),
    [{ details: { accounts: 3, from: 1, to: 4 } }],
  )
  for (const secret of [hash, hash.slice(7), password]) t.false((log + ended.stdout + ended.stderr).includes(secret))
})

test('every fault is told with its line, never a hash, and nothing is written', async (t) => {
  t.timeout(180_000)
  const site = siteOf()
  t.is((await site.run(['add', 'Alice'], `${password}\n`)).code, 0)
  const text = textOf(
    lineOf('bob'),
    '{"username":"c"',
    lineOf('alice'),
    lineOf('ＢＯＢ'),
    lineOf('d', { password_hash: '$2b$16$'.padEnd(60, '.') }),
    lineOf('e', { password_hash: `$1$${hash}` }),
    lineOf('f', { password_hash: [hash], role: 1, scopes: ['a b'] }),
    lineOf('g\u202e'),
    '{"username":"h","username":"i"}',
    `"${'x'.repeat(70_000)}"`,
    `[${'['.repeat(100)}${']'.repeat(100)}]`,
    lineOf('j', { email: ' ' }),
  )
  const { code, stdout, stderr } = await site.run(['import', '-'], text)
  t.is(code, 1)
  t.is(stdout, '')
  t.deepEqual(stderr.split('\n'), [
    'stdin:2: Invalid JSON',
    'stdin:5: expected `password_hash` to be a bcrypt hash of a cost up to 15: one of more would keep a thread busy',
    'stdin:6: expected `password_hash` to be a bcrypt hash, `$2a$`, `$2b$` or `$2y$`, of a cost from 4',
    'stdin:7: expected a string, received a list at `/password_hash`',
    'stdin:7: unknown member at `/role`',
    'stdin:7: expected a scope at `/scopes/0`',
    'stdin:8: no account can have such a `username`',
    'stdin:9: JSON has duplicate keys',
    'stdin:10: is longer than 64 kB',
    'stdin:11: JSON is nested deeper than 64 levels',
    'stdin:12: no account can have such an `email`',
    'stdin:4: `ＢＯＢ` stands in line 1 already',
    'stdin:3: `alice` is the name of an account already',
    'portcullis: 13 faults: nothing was imported',
    '',
  ])
  t.false(stderr.includes(hash.slice(7)))
  t.deepEqual(await site.names(), ['Alice'])
})

test('what is there already is left out where it is told so, and what cannot be read is wrong usage', async (t) => {
  t.timeout(180_000)
  const folder = emptyFolder()
  const site = siteOf(sqlite, { TMPDIR: folder })
  const names = Array.from({ length: 1_200 }, (_, at) => `user${at}`)
  const some = textOf(...names.slice(0, 700).map((name) => lineOf(name)))
  t.like(await site.run(['import', '-'], some), { code: 0, stdout: '700 accounts were imported\n' })
  const all = textOf(...names.map((name) => lineOf(name)))
  t.like(await site.run(['import', '-'], all), { code: 1, stdout: '' })
  const rest = await site.run(['import', '-', '--skip-existing'], all)
  t.like(rest, { code: 0, stdout: '500 accounts were imported; 700 accounts there already\n', stderr: '' })
  t.is(new Set(await site.names()).size, 1_200)
  for (const file of ['nowhere.ndjson', '.']) t.is((await site.run(['import', file])).code, 2, file)
  t.is((await site.run(['import'])).code, 2)
  t.like(await site.run(['import', '-'], ''), { code: 0, stdout: '0 accounts were imported\n' })
  t.deepEqual(readdirSync(folder), [])
})

test('on Postgres, too', async (t) => {
  t.timeout(180_000)
  const server = await startPostgres()
  t.teardown(() => server.stop())
  const ca = join(emptyFolder(), 'ca.pem')
  writeFileSync(ca, server.ca)
  const database = `{ url: '\${env:URL}', ca: '\${file:${ca}}', fieldKeys: ['\${secret:field-key}'], deadline: 20s }`
  const site = siteOf(database, { URL: await server.createDatabase() })
  const names = Array.from({ length: 1_001 }, (_, at) => `user${at}`)
  const text = textOf(...names.map((name) => lineOf(name, { email: `${name}@example.com` })))
  t.like(await site.run(['import', '-'], text), { code: 0, stdout: '1001 accounts were imported\n', stderr: '' })
  const again = await site.run(['import', '-'], textOf(lineOf('other', { email: 'USER7@example.com' })))
  t.like(again, {
    code: 1,
    stderr:
      'stdin:1: `USER7@example.com` is the address of an account already\nportcullis: 1 fault: nothing was imported\n',
  })
  const { statuses, end } = await logIn(t, site, ['user0', 'user1000', 'other'])
  t.deepEqual(statuses, [200, 200, 401])
  await end()
})
