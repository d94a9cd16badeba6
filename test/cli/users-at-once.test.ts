/** `portcullis users` twice at once, in processes of their own on one Postgres: the second reads what it would read later. */

import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import pg from 'pg'
import { runCommand } from '../helpers/command.ts'
import { emptyFolder } from '../helpers/gate.ts'
import { startPostgres } from '../helpers/postgres-server.ts'
import { until } from '../helpers/until.ts'

const password = 'seven sober otters sing'
const policies = `
settings: { database: { url: '\${env:URL}', ca: '\${file:ca.pem}', fieldKeys: ['\${secret:field-key}'], deadline: 60s } }
issuers: { shop: { builtin: true, audience: shop-api, refreshTtl: 30d } }
routes: { GET /: { authenticate: public, builtin: health } }
`

async function openSite(t: ExecutionContext) {
  t.timeout(300_000)
  const server = await startPostgres()
  t.teardown(() => server.stop())
  const [url, cwd] = [await server.createDatabase(), emptyFolder()]
  for (const [name, text] of Object.entries({ 'shop.yaml': policies, 'ca.pem': server.ca }))
    writeFileSync(join(cwd, name), text)
  const env = { URL: url, PORTCULLIS_SECRET_FIELD_KEY: randomBytes(32).toString('hex') }
  const run = (...args: readonly string[]) =>
    runCommand(['users', ...args, '--policies', '.'], { cwd, env, input: `${password}\n` })
  const holder = new pg.Client({ connectionString: url, ssl: { ca: server.ca } })
  await holder.connect()
  t.teardown(() => holder.end())
  /** Runs both while a third holds the look-up of what they want, which it gives back: the one that got it first. */
  const race = async (column: string, wanted: unknown, both: readonly (readonly string[])[]) => {
    await holder.query('begin')
    await holder.query(
      `update portcullis_accounts set ${column} = $1 where created_at = (select min(created_at) from portcullis_accounts)`,
      [wanted],
    )
    const running = both.map((args) => run(...args))
    const waiting = `select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`
    await until(async () => (await server.ask(url, waiting)).length === both.length)
    await holder.query('rollback')
    return (await Promise.all(running)).sort((one, other) => Number(one.code) - Number(other.code))
  }
  const lookUp = async (column: string) =>
    (await server.ask(url, `select ${column} from portcullis_accounts order by created_at desc limit 1`))[0]?.[column]
  return { run, race, lookUp }
}

test('of two accounts that are given one address at once, one has it', async (t) => {
  const { run, race, lookUp } = await openSite(t)
  for (const name of ['alice', 'bob', 'carol']) t.like(await run('add', name), { code: 0 })
  const give = (name: string, address: string) => ['set', name, '--email', address]
  t.like(await run(...give('carol', 'shop@example.org')), { code: 0 })
  const wanted = await lookUp('email_index')
  const refused = await run(...give('bob', 'shop@example.org'))
  t.like(refused, { code: 1, stdout: '' })
  t.like(await run(...give('carol', '')), { code: 0 })
  const both = ['bob', 'carol'].map((name) => give(name, 'shop@example.org'))
  const [first, second] = await race('email_index', wanted, both)
  t.like(first, { code: 0, stderr: '' })
  t.deepEqual(second, refused)
})

test('of two accounts that are made by one name at once, one is', async (t) => {
  const { run, race, lookUp } = await openSite(t)
  for (const name of ['alice', 'bob']) t.like(await run('add', name), { code: 0 })
  const wanted = await lookUp('username_index')
  const refused = await run('add', 'bob')
  t.like(refused, { code: 1, stdout: '' })
  t.like(await run('remove', 'bob'), { code: 0 })
  const [first, second] = await race('username_index', wanted, [
    ['add', 'bob'],
    ['add', 'Bob'],
  ])
  t.like(first, { code: 0, stderr: '' })
  t.is(second?.code, 1)
  t.is(second?.stderr.toLowerCase(), refused.stderr.toLowerCase())
})
