/** `portcullis users`, in processes of its own: who is added logs in, and who is disabled does not. */

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { serveCommand } from '../helpers/command.ts'
import { writePolicies } from '../helpers/gate.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const password = 'seven sober otters sing'

const policies = `
issuers:
  shop: { builtin: true, audience: shop-api, refreshTtl: 30d }
defaults: { rateLimit: [{ by: ip, limit: 100, per: 1m }] }
routes:
  POST /login: { authenticate: public, builtin: login }
  GET /me: { authenticate: jwt, builtin: me }
`

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

async function run(cwd: string, args: readonly string[], input = '', env = {}): Promise<Ended> {
  const child = spawn(process.execPath, [main, 'users', ...args], { cwd, env: { ...process.env, ...env } })
  const [out, err]: [string[], string[]] = [[], []]
  child.stdout.on('data', (chunk) => out.push(String(chunk)))
  child.stderr.on('data', (chunk) => err.push(String(chunk)))
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  return { code, out: out.join(''), err: err.join('') }
}

const logIn = (url: string) =>
  fetch(`${url}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'alice', password }),
  })

test('an account is added, logs in, is disabled and enabled again', async (t) => {
  t.timeout(180_000)
  const cwd = writePolicies({ 'policies/shop.yaml': policies })
  const added = await run(cwd, ['add', 'alice', '--roles', 'customer', '--claim', 'plan=pro'], `${password}\n`)
  t.is(added.code, 0, added.err)
  t.regex(added.err, /^portcullis: made data\/field-key: /)
  t.is(statSync(join(cwd, 'data/field-key')).mode & 0o777, 0o600)
  t.like(await run(cwd, ['add', 'ALICE'], `${password}\n`), { code: 1 })
  const refused = await run(cwd, ['add', 'bob'], 'too short\n')
  t.like(refused, { code: 1, err: 'portcullis: the password has fewer than 15 characters\n' })
  t.regex((await run(cwd, ['list'])).out, /^alice\t[0-9a-f]{32}\tenabled\troles=customer\tscopes=\t/)
  const served = await serveCommand(['./policies'], { cwd })
  t.teardown(() => void served.child.kill('SIGKILL'))
  t.is((await logIn(served.url)).status, 200)
  t.is((await run(cwd, ['disable', 'alice'])).code, 0)
  t.is((await logIn(served.url)).status, 401)
  t.is((await run(cwd, ['enable', 'alice'])).code, 0)
  t.is((await logIn(served.url)).status, 200)
  t.like(await run(cwd, ['unlock', 'alice']), { code: 0 })
  t.like(await run(cwd, ['disable', 'nobody']), { code: 1, err: 'portcullis: no account is named `nobody`\n' })
  const { stdout, stderr } = await served.end('SIGTERM')
  const key = readFileSync(join(cwd, 'data/field-key'), 'utf8')
  for (const secret of [password, key]) t.false((added.out + added.err + stdout + stderr).includes(secret))
})

test('in production nothing is opened without a key, and wrong usage says what is expected', async (t) => {
  t.timeout(180_000)
  const cwd = writePolicies({ 'policies/shop.yaml': policies })
  const refused = await run(cwd, ['list'], '', { NODE_ENV: 'production' })
  t.is(refused.code, 3)
  t.regex(refused.err, /give `settings.database` its `fieldKeys`, such as `\{ url: /)
  const settings = `settings: { database: { url: 'sqlite:own.db', fieldKeys: ['\${secret:field-key}'] } }`
  const own = writePolicies({ 'policies/shop.yaml': `${settings}${policies}` })
  const env = { NODE_ENV: 'production', PORTCULLIS_SECRET_FIELD_KEY: randomBytes(32).toString('hex') }
  t.like(await run(own, ['list'], '', env), { code: 0, out: '' })
  for (const args of [['erase', 'alice'], ['remove'], ['set'], ['set', 'alice'], ['add'], ['list', 'alice'], []])
    t.is((await run(cwd, args)).code, 2)
})

test('what is made in development goes on in production under its own key', async (t) => {
  t.timeout(180_000)
  const database = `settings: { database: { url: 'sqlite:data/portcullis.db', fieldKeys: ['\${secret:field-key}'] } }`
  const cwd = writePolicies({ 'policies/shop.yaml': policies, 'production/shop.yaml': `${database}${policies}` })
  t.is((await run(cwd, ['add', 'alice'], `${password}\n`)).code, 0)
  const key = readFileSync(join(cwd, 'data/field-key'), 'utf8').trim()
  const env = { NODE_ENV: 'production', PORTCULLIS_SECRET_FIELD_KEY: `base64:${key}` }
  const listed = await run(cwd, ['list', '--policies', 'production'], '', env)
  t.regex(listed.out, /^alice\t/, listed.err)
})

test('whoever forgets where the policies are, or that accounts need an issuer, is told', async (t) => {
  t.timeout(180_000)
  const issuers = 'issuers: { shop: { builtin: true, audience: shop-api } }'
  const routes = 'routes: { GET /me: { authenticate: jwt, reply: { status: 204 } } }'
  const cwd = writePolicies({ 'elsewhere/shop.yaml': `${issuers}\n${routes}\n` })
  t.like(await run(cwd, ['list']), {
    code: 2,
    err: 'portcullis: cannot read the policy directory `policies`: no such file or directory; `--policies DIR` names another one\n',
  })
  t.notRegex((await run(cwd, ['list', '--policies', 'nowhere'])).err, /--policies/)
  t.regex((await run(cwd, ['list', 'elsewhere'])).err, /`--policies DIR` says where/)
  const added = await run(cwd, ['add', 'alice', '--policies', 'elsewhere'], `${password}\n`)
  t.regex(added.err, /no `builtin` issuer of these policies has `refreshTtl`: nobody logs in by them\n/)
})
