/**
 * What commands do to accounts, in processes of their own: it holds on every server, however many there are and whatever they
 * share, and is on record once.
 */

import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { runCommand, type Served, serveCommand } from '../helpers/command.ts'
import { emptyFolder, writePolicies } from '../helpers/gate.ts'
import { type PostgresServer, startPostgres } from '../helpers/postgres-server.ts'
import { startRedis } from '../helpers/redis-server.ts'
import { until } from '../helpers/until.ts'

const password = 'seven sober otters sing'
const fieldKey = randomBytes(32).toString('hex')

let postgres: PostgresServer
test.before('Postgres starts', async () => {
  postgres = await startPostgres()
})
test.after.always('Postgres stops', async () => postgres?.stop())

interface Shape {
  /** How many servers, and with which flags. */
  readonly nodes: number
  readonly flags?: readonly string[]
  /** Members of `settings`. */
  settings(t: ExecutionContext): Promise<string>
  /** What happens between two commands. */
  disturb?(): Promise<void>
}

const onSqlite = async () => `database: { url: 'sqlite:own.db', fieldKeys: ['\${secret:field-key}'], deadline: 20s }`

async function onPostgres(): Promise<string> {
  const ca = join(emptyFolder(), 'ca.pem')
  writeFileSync(ca, postgres.ca)
  process.env.PORTCULLIS_TEST_FOLLOWED = await postgres.createDatabase()
  return `database: { url: '\${env:PORTCULLIS_TEST_FOLLOWED}', ca: '\${file:${ca}}', fieldKeys: ['\${secret:field-key}'], deadline: 20s }`
}

async function onPostgresAndRedis(t: ExecutionContext): Promise<string> {
  const { port } = await startRedis(t)
  return `${await onPostgres()}, state: { url: 'redis://127.0.0.1:${port}', deadline: 5s }`
}

const shapes: Readonly<Record<string, Shape>> = {
  'one server': { nodes: 1, settings: onSqlite },
  'one server of two workers': { nodes: 1, flags: ['--workers', '2'], settings: onSqlite },
  'two servers on one file': { nodes: 2, settings: onSqlite },
  'two servers on a Postgres that crashes': {
    nodes: 2,
    settings: onPostgres,
    disturb: async () => {
      await postgres.kill()
      await postgres.start()
    },
  },
  'two servers of workers on Postgres, with Redis': {
    nodes: 2,
    flags: ['--workers', '2'],
    settings: onPostgresAndRedis,
  },
}

const policies = (settings: string) => `
settings: { ${settings} }
issuers:
  shop: { builtin: true, audience: shop-api, refreshTtl: 30d }
defaults: { rateLimit: [{ by: ip, limit: 100000, per: 1m }] }
routes:
  POST /login: { authenticate: public, builtin: login }
  POST /refresh: { authenticate: public, builtin: refresh }
  GET /orders: { authenticate: jwt, reply: { status: 200, body: { for: everyone } } }
`

interface Told {
  readonly event: string
  readonly [member: string]: unknown
}

/** Servers of one folder, with a command line in it. */
class Site {
  readonly cwd: string
  readonly served: Served[] = []
  readonly #env = { PORTCULLIS_SECRET_FIELD_KEY: fieldKey }

  static async start(t: ExecutionContext, { nodes, flags = [], settings }: Shape): Promise<Site> {
    const site = new Site(writePolicies({ 'policies/shop.yaml': policies(await settings(t)) }))
    t.is((await site.run(['users', 'add', 'alice'], `${password}\n`)).code, 0)
    while (site.served.length < nodes) await site.serve(t, flags)
    return site
  }

  constructor(cwd: string) {
    this.cwd = cwd
  }

  async serve(t: ExecutionContext, flags: readonly string[] = []): Promise<void> {
    const served = await serveCommand(['./policies', ...flags], { cwd: this.cwd, env: this.#env })
    t.teardown(() => void served.child.kill('SIGKILL'))
    this.served.push(served)
  }

  run(args: readonly string[], input = '') {
    return runCommand(args, { cwd: this.cwd, env: this.#env, input })
  }

  async logIn(): Promise<{ readonly access_token: string; readonly refresh_token: string }> {
    const answer = await this.#post(0, '/login', { username: 'alice', password })
    return (await answer.json()) as never
  }

  async refresh(token: string): Promise<number> {
    return (await this.#post(-1, '/refresh', { refresh_token: token })).status
  }

  /** What every process answers: each of many new connections comes to one of them. */
  async statuses(token: string): Promise<ReadonlySet<number>> {
    const headers = { authorization: `Bearer ${token}`, connection: 'close' }
    const calls = this.served.flatMap(({ url }) =>
      Array.from({ length: 8 }, async () => (await fetch(`${url}/orders`, { headers })).status),
    )
    return new Set(await Promise.all(calls))
  }

  async end(): Promise<void> {
    await Promise.all(this.served.splice(0).map(({ end }) => end('SIGTERM')))
  }

  /** What is on record in all logs. */
  records(): readonly Told[] {
    const folder = join(this.cwd, 'data/audit')
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl'))
    const lines = files.flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1))
    return lines.map((line) => JSON.parse(line))
  }

  on(event: string): readonly Told[] {
    return this.records().filter((record) => record.event === event)
  }

  #post(node: number, path: string, body: object): Promise<Response> {
    return fetch(`${this.served.at(node)?.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify(body),
    })
  }
}

const claimsOf = (token: string): Readonly<Record<string, string>> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

for (const [name, shape] of Object.entries(shapes))
  test.serial(`${name}: who is disabled is out everywhere, and every act is on record once`, async (t) => {
    t.timeout(300_000)
    const site = await Site.start(t, shape)
    const [first, second] = [await site.logIn(), await site.logIn()]
    t.deepEqual([...(await site.statuses(first.access_token))], [200])
    const { sid: session = '' } = claimsOf(first.access_token)
    t.like(await site.run(['tokens', 'revoke', '--session', session]), { code: 0, stderr: '' })
    await until(async () => !(await site.statuses(first.access_token)).has(200))
    t.is(await site.refresh(first.refresh_token), 401)
    await shape.disturb?.()
    t.deepEqual([...(await site.statuses(second.access_token))], [200])
    t.is((await site.run(['users', 'disable', 'alice'])).code, 0)
    await until(async () => !(await site.statuses(second.access_token)).has(200))
    t.is(await site.refresh(second.refresh_token), 401)
    await until(() => ['account.added', 'account.disabled', 'auth.revoked'].every((event) => site.on(event).length > 0))
    await site.end()
    const { sub: account } = claimsOf(second.access_token)
    const operator = { user: userInfo().username, host: hostname() }
    t.like(site.on('account.added'), [{ outcome: 'done', operator, details: { account } }])
    t.like(site.on('account.disabled'), [{ outcome: 'done', operator, details: { account, sessions: 1 } }])
    t.like(site.on('auth.revoked'), [{ revoked: { kind: 'session', id: session, sessions: 1 }, reach: 'stored' }])
    const acts = site.records().flatMap(({ act }) => (act === undefined ? [] : [(act as { id: string }).id]))
    t.is(acts.length, 3)
    t.is(new Set(acts).size, 3)
    t.false(JSON.stringify(site.records()).includes(password))
    await site.serve(t)
    for (const token of [first.access_token, second.access_token])
      t.deepEqual([...(await site.statuses(token))], [401], 'after a restart')
  })
