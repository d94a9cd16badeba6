/** `portcullis api-keys`, in processes of its own: a key is shown once, calls two servers, and is revoked on both. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { runCommand, serveCommand } from '../helpers/command.ts'
import { writePolicies } from '../helpers/gate.ts'
import { until } from '../helpers/until.ts'

const policies = `
issuers:
  shop: { builtin: true, audience: shop-api, refreshTtl: 30d }
settings: { database: { url: 'sqlite:data/portcullis.db', deadline: 20s } }
routes:
  GET /orders: { authenticate: apiKey, scopes: [orders:read], audit: { action: data.read }, reply: { status: 200, body: { ok: true } } }
`

const files = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))

test('a key is made, calls, is listed and revoked, is on record, and stands nowhere', async (t) => {
  t.timeout(300_000)
  const cwd = writePolicies({ 'policies/shop.yaml': policies })
  const run = (...args: string[]) => runCommand(args, { cwd, input: 'seven sober otters sing\n' })
  const user = await run('users', 'add', 'ci', '--scopes', 'orders:read,orders:write')
  t.is(user.code, 0, user.stderr)
  const made = await run('api-keys', 'add', 'ci', '--scopes', 'orders:read', '--name', 'deploy')
  t.is(made.code, 0, made.stderr)
  t.regex(made.stdout, /^pk_live_[0-9A-Za-z]{65}\n$/)
  t.regex(made.stderr, /the key `[0-9A-Za-z]{16}` is shown this once, and expires at 20\d\d-/)
  const key = made.stdout.trim()
  const id = /`([0-9A-Za-z]{16})`/.exec(made.stderr)?.[1] ?? ''
  const served = [await serveCommand(['./policies'], { cwd }), await serveCommand(['./policies'], { cwd })]
  t.teardown(() => served.map(({ child }) => child.kill('SIGKILL')))
  const call = (url: string) => fetch(`${url}/orders`, { headers: { 'X-API-Key': key } })
  for (const { url } of served) t.is((await call(url)).status, 200)
  const listed = await run('api-keys', 'list', 'ci')
  t.is(listed.code, 0, listed.stderr)
  t.regex(
    listed.stdout,
    new RegExp(`^${id}\\tci\\tdeploy\\tlive\\tscopes=orders:read\\texpires=20.*\\tused=(never|20.*)\\t20.*\\n$`),
  )
  t.is((await run('api-keys', 'list')).stdout.split('\t')[0], id)
  const revoked = await run('api-keys', 'revoke', id)
  t.deepEqual([revoked.code, revoked.stdout], [0, `\`${id}\` is revoked: within 2 seconds it is good nowhere\n`])
  for (const { url } of served) {
    await until(async () => (await call(url)).status !== 200)
    const answer = await call(url)
    t.deepEqual([answer.status, ((await answer.json()) as { code: string }).code], [401, 'credential_invalid'])
  }
  t.is((await run('api-keys', 'revoke', id)).code, 1)
  t.is((await run('api-keys', 'revoke', key)).stderr, 'portcullis: no key of this text is alive\n')
  t.regex((await run('api-keys', 'list')).stdout, /\trevoked\t/)
  const recorded = () =>
    files(cwd)
      .filter((file) => file.includes('audit'))
      .map((file) => readFileSync(file, 'latin1'))
      .join('')
  await until(() => recorded().includes('apikey.made') && recorded().includes('apikey.revoked'))
  t.true(recorded().includes(`"key":"${id}"`))
  t.regex(
    recorded(),
    new RegExp(
      `"event":"data.read".*"principal":\\{"issuer":"urn:portcullis:shop","id":"[0-9a-f]{32}"\\},"apiKey":"${id}"`,
    ),
  )
  const ends = await Promise.all(served.map(({ end }) => end('SIGTERM')))
  const said = ends.flatMap(({ stdout, stderr }) => [stdout, stderr])
  for (const text of [...said, ...files(cwd).map((file) => readFileSync(file, 'latin1'))])
    t.false(text.includes(key.slice(24)))
})

test('what cannot be is refused, and nothing is made of it', async (t) => {
  t.timeout(300_000)
  const cwd = writePolicies({ 'policies/shop.yaml': policies })
  const run = (...args: string[]) => runCommand(['api-keys', ...args], { cwd })
  const user = ['users', 'add', 'ci', '--scopes', 'orders:read']
  t.is((await runCommand(user, { cwd, input: 'seven sober otters sing\n' })).code, 0)
  const scoped = ['--scopes', 'orders:read']
  const refused: readonly (readonly [number, readonly string[]])[] = [
    [1, ['add', 'nobody', ...scoped]],
    [1, ['add', 'ci', '--scopes', 'orders:write']],
    [2, ['add', 'ci']],
    [2, ['add', 'ci', '--scopes', 'a"b']],
    [2, ['add', 'ci', ...scoped, '--expires', 'soon']],
    [2, ['add', 'ci', ...scoped, '--name', '']],
    [2, ['add', ...scoped]],
    [2, ['list', ...scoped]],
    [2, ['revoke']],
    [2, ['make', 'ci']],
    [1, ['list', 'nobody']],
    [1, ['revoke', 'nothing']],
  ]
  for (const [code, args] of refused) {
    const ended = await run(...args)
    t.is(ended.code, code, `${args.join(' ')}: ${ended.stderr}`)
    t.is(ended.stdout, '')
  }
  t.is((await run('list')).stdout, '')
  const forever = await run('add', 'ci', ...scoped, '--expires', 'never')
  t.regex(forever.stderr, /never expires\n$/)
})
