/** A server that nobody asks for anything: it lets the thread of its database go, and still hears what commands do. */

import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { runCommand, type Served, serveCommand } from '../helpers/command.ts'
import { writePolicies } from '../helpers/gate.ts'
import { until } from '../helpers/until.ts'

const password = 'seven sober otters sing'
const env = { PORTCULLIS_SECRET_FIELD_KEY: randomBytes(32).toString('hex') }

const policies = `
settings: { database: { url: 'sqlite:own.db', fieldKeys: ['\${secret:field-key}'], deadline: 20s } }
issuers:
  shop: { builtin: true, audience: shop-api, refreshTtl: 30d }
defaults: { rateLimit: [{ by: ip, limit: 100000, per: 1m }] }
routes:
  POST /login: { authenticate: public, builtin: login }
  GET /orders: { authenticate: jwt, reply: { status: 200, body: { for: everyone } } }
  GET /jwks: { authenticate: public, builtin: jwks }
`

/** Another thread of JavaScript than the first: that of the database, or one that hashes. */
function threadsOf({ child }: Served): number {
  const tasks = `/proc/${child.pid}/task`
  const names = readdirSync(tasks).map((task) => {
    try {
      return readFileSync(join(tasks, task, 'comm'), 'utf8').trim()
    } catch {
      return ''
    }
  })
  return names.filter((name) => name === 'WorkerThread').length
}

async function start(t: ExecutionContext) {
  const cwd = writePolicies({ 'policies/shop.yaml': policies })
  const run = (args: readonly string[], input = '') => runCommand(args, { cwd, env, input })
  t.like(await run(['users', 'add', 'alice'], `${password}\n`), { code: 0 })
  const served = await serveCommand(['./policies'], { cwd, env })
  t.teardown(() => void served.child.kill('SIGKILL'))
  const get = (path: string, headers = {}) => fetch(`${served.url}${path}`, { headers })
  const logIn = async () => {
    const body = JSON.stringify({ username: 'alice', password })
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${served.url}/login`, { method: 'POST', headers, body })
    return ((await answer.json()) as { readonly access_token: string }).access_token
  }
  const events = () => {
    const folder = join(cwd, 'data/audit')
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl'))
    return files
      .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1))
      .map((line) => JSON.parse(line).event)
  }
  return { run, served, get, logIn, events, idle: () => until(() => threadsOf(served) === 0) }
}

test.serial('what commands did while it had no thread is in force, and on record', async (t) => {
  t.timeout(300_000)
  const { run, served, get, logIn, events, idle } = await start(t)
  const token = await logIn()
  const headers = { authorization: `Bearer ${token}` }
  t.true(threadsOf(served) > 0)
  await idle()
  const jwks = await (await get('/jwks')).text()
  t.is((await get('/orders', headers)).status, 200)
  t.is(threadsOf(served), 0, 'neither needs the database')

  t.like(await run(['keys', 'rotate', '--now']), { code: 0 })
  await until(async () => (await (await get('/jwks')).text()) !== jwks)
  t.is((await get('/orders', headers)).status, 200)
  await until(() => events().includes('key.rotated'))
  await idle()

  t.like(await run(['users', 'disable', 'alice']), { code: 0 })
  await until(async () => (await get('/orders', headers)).status === 401)
  await until(() => events().includes('account.disabled'))
  await idle()
  t.like(await served.end('SIGTERM'), { code: 0, stderr: '' })
})

test.serial('killed while it has no thread, it leaves all of it in the file', async (t) => {
  t.timeout(300_000)
  const { run, served, logIn, idle } = await start(t)
  await logIn()
  await idle()
  await served.end('SIGKILL')
  t.regex((await run(['users', 'list'])).stdout, /alice/)
})
