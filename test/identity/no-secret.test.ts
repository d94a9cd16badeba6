/** A whole life of accounts, with all that goes wrong in it: no password, token, key or secret is left in any byte. */

import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { runCommand, type Served, serveCommand } from '../helpers/command.ts'
import { emptyFolder } from '../helpers/gate.ts'
import { startPostgres } from '../helpers/postgres-server.ts'
import { SecretSearch } from '../helpers/secret-search.ts'
import { until } from '../helpers/until.ts'

const passwords = {
  password: 'seven sober otters sing',
  wrong: 'seven "sober" otters/sang?',
  better: 'eleven calm herons wade',
  short: 'too short, no?',
}
const policies = (database: string) => `
settings:
  database: { url: '\${env:PORTCULLIS_TEST_LIFE}', fieldKeys: ['\${secret:life}'], deadline: 20s${database} }
issuers:
  shop: { builtin: true, audience: shop-api, refreshTtl: 30d, scopes: [orders:read] }
defaults: { authenticate: public, rateLimit: [{ by: ip, limit: 100000, per: 1m }] }
routes:
  POST /login: { builtin: login }
  POST /browser: { builtin: { login: cookie } }
  POST /refresh: { builtin: refresh }
  POST /logout: { authenticate: jwt, builtin: logout }
  POST /password: { authenticate: jwt, builtin: password }
  GET /me: { authenticate: [jwt, session, apiKey], builtin: me }
  GET /sessions: { authenticate: [jwt, session], builtin: sessions }
  DELETE /sessions/:id: { authenticate: jwt, builtin: session }
  GET /metrics: { builtin: metrics }
  GET /orders: { authenticate: jwt, audit: { action: data.read }, reply: { status: 200, body: { orders: [] } } }
`

interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
}

/** Calls a server, and has every answer searched that gives nothing away on purpose. */
class Client {
  readonly #search: SecretSearch
  served: Served

  constructor(served: Served, search: SecretSearch) {
    this.served = served
    this.#search = search
  }

  async call(method: string, path: string, headers: Readonly<Record<string, string>> = {}, body?: string) {
    const sent = body === undefined ? { method, headers } : { method, headers, body }
    const answer = await fetch(`${this.served.url}${path}`, sent)
    const text = await answer.text()
    const [cookie = ''] = answer.headers.getSetCookie()
    if (!answer.ok || path === '/metrics' || path === '/sessions')
      this.#search.look(`the answer to ${method} ${path}`, JSON.stringify([...answer.headers]) + text)
    return { status: answer.status, text, cookie: cookie.split(';')[0] ?? '' }
  }

  post(path: string, body: unknown, token?: string) {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
    return this.call('POST', path, headers, typeof body === 'string' ? body : JSON.stringify(body))
  }

  /** A session, whose tokens are searched for from here on. */
  async tokens(path: string, body: unknown): Promise<Tokens> {
    const { text } = await this.post(path, body)
    const tokens = JSON.parse(text)
    const { access_token: access, refresh_token: refresh } = tokens
    this.#search.knowAll({ access, refresh, signature: access.split('.')[2] })
    return tokens
  }
}

for (const kind of ['sqlite', 'postgres'] as const)
  test.serial(`${kind}: no byte that a whole life leaves behind holds a secret of it`, async (t) => {
    t.timeout(300_000)
    const [cwd, key, search] = [emptyFolder(), randomBytes(32), new SecretSearch()]
    const server = kind === 'postgres' ? await startPostgres() : undefined
    t.teardown(() => server?.stop())
    const database = (await server?.createDatabase()) ?? 'sqlite:data/shop.db'
    search.knowAll(passwords).know('field key', key)
    if (server) search.know('database password', server.password)
    const env = {
      PORTCULLIS_TEST_LIFE: database,
      PORTCULLIS_SECRET_LIFE: `base64:${key.toString('base64')}`,
      NODE_ENV: 'production',
    }
    writeFileSync(join(cwd, 'shop.yaml'), policies(server ? ", ca: '${file:ca.pem}'" : ''))
    if (server) writeFileSync(join(cwd, 'ca.pem'), server.ca)
    const run = async (args: readonly string[], input = '', shown = false) => {
      const ended = await runCommand([...args, '--policies', '.'], { cwd, env, input })
      search.look(`portcullis ${args[0]}`, shown ? ended.stderr : ended.stdout + ended.stderr)
      return ended
    }
    const serve = async () => {
      const served = await serveCommand(['.', '--log-level', 'debug'], { cwd, env })
      t.teardown(() => void served.child.kill('SIGKILL'))
      return served
    }
    const end = async ({ end: stop }: Served, signal: NodeJS.Signals) => {
      const { stdout, stderr } = await stop(signal)
      search.look('the log of the server', stdout + stderr)
    }

    t.is((await run(['users', 'add', 'alice', '--scopes', 'orders:read'], `${passwords.password}\n`)).code, 0)
    t.is((await run(['users', 'add', 'bob'], `${passwords.short}\n`)).code, 1)
    const made = await run(['api-keys', 'add', 'alice', '--scopes', 'orders:read'], '', true)
    t.is(made.code, 0, made.stderr)
    const apiKey = made.stdout.trim()
    search.know('API key', apiKey)

    const client = new Client(await serve(), search)
    const credentials = { username: 'alice', password: passwords.password }
    const first = await client.tokens('/login', credentials)
    const other = await client.tokens('/login', credentials)
    for (const body of [
      { username: 'alice', password: passwords.wrong },
      { username: passwords.password, password: passwords.wrong },
      { ...credentials, more: passwords.better },
      { username: 'alice', password: [passwords.password] },
      `{"username":"alice","password":"${passwords.password}`,
      `password=${encodeURIComponent(passwords.password)}`,
    ])
      t.true((await client.post('/login', body)).status >= 400)
    await client.post(`/login?password=${encodeURIComponent(passwords.password)}`, {})
    const basic = Buffer.from(`alice:${passwords.password}`).toString('base64')
    for (const authorization of [`Basic ${basic}`, `Bearer ${first.access_token}x`, `Bearer ${first.refresh_token}`])
      t.true((await client.call('GET', '/orders', { authorization })).status >= 400)
    await client.call('GET', `/orders?access_token=${first.access_token}`)
    await client.call('GET', '/unknown', { authorization: `Bearer ${first.access_token}`, cookie: `a=${apiKey}` })
    t.is((await client.call('GET', '/me', { 'x-api-key': apiKey })).status, 200)
    t.is((await client.call('GET', '/me', { 'x-api-key': `${apiKey.slice(0, -1)}_` })).status, 401)

    const { origin } = new URL(client.served.url)
    const browser = { 'content-type': 'application/json', origin }
    const { cookie } = await client.call('POST', '/browser', browser, JSON.stringify(credentials))
    search.know('cookie', cookie.slice(cookie.indexOf('=') + 1))
    t.is((await client.call('GET', '/me', { cookie })).status, 200)
    t.is((await client.call('GET', '/sessions', { cookie })).text.match(/"current":true/g)?.length, 1)
    t.is((await client.call('GET', '/me', { cookie: `${cookie}x` })).status, 401)

    const next = await client.tokens('/refresh', { refresh_token: first.refresh_token })
    const last = await client.tokens('/refresh', { refresh_token: next.refresh_token })
    t.is((await client.post('/refresh', { refresh_token: first.refresh_token })).status, 401)
    t.is((await client.post('/refresh', { refresh_token: last.refresh_token })).status, 401)
    t.is((await client.call('GET', '/sessions', { authorization: `Bearer ${other.access_token}` })).status, 200)
    const change = (current: string, wanted: string) =>
      client.post('/password', { current, new: wanted }, other.access_token)
    t.is((await change(passwords.wrong, passwords.better)).status, 401)
    t.is((await change(passwords.password, passwords.short)).status, 422)
    t.is((await change(passwords.password, passwords.better)).status, 204)
    t.is((await client.call('GET', '/metrics')).status, 200)

    if (server) {
      await server.kill()
      t.is((await client.post('/login', credentials)).status, 503)
      t.is((await client.post('/refresh', { refresh_token: other.refresh_token })).status, 503)
      t.not((await run(['users', 'list'])).code, 0)
      await server.start()
      await until(async () => (await client.post('/login', credentials)).status !== 503)
    }
    t.is((await client.post('/logout', { all: true }, other.access_token)).status, 204)
    await end(client.served, 'SIGKILL')
    search.lookBelow(cwd)
    client.served = await serve()
    const again = await client.tokens('/login', { username: 'alice', password: passwords.better })
    for (const args of [
      ['users', 'disable', 'alice'],
      ['users', 'list'],
      ['api-keys', 'list'],
      ['keys', 'rotate', 'shop'],
      ['keys', 'list'],
      ['tokens', 'revoke', '--user', 'alice'],
      ['users', 'add', passwords.password],
      ['api-keys', 'revoke', apiKey.slice(0, -3)],
    ])
      await run(args)
    t.is((await client.post('/refresh', { refresh_token: again.refresh_token })).status, 401)
    await end(client.served, 'SIGTERM')
    search.look('help', (await runCommand(['--help'], { cwd, env })).stdout)

    search.lookBelow(cwd)
    if (server) search.lookBelow(join(server.folder, 'data'))
    t.log(`${search.searched} bytes were searched`)
    t.deepEqual(search.found, [])
  })
