/** `serve` and `token` as people run them: processes, ports, signals, exit statuses. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { runCommand, serveCommand } from '../helpers/command.ts'
import { emptyFolder, writePolicies } from '../helpers/gate.ts'

const samples = fileURLToPath(new URL('../../policies', import.meta.url))
const open = 'service: s\nroutes:\n  GET /: { authenticate: public, reply: { body: ok } }\n'

test('serves the samples, takes the tokens that `token` mints, and drains on SIGTERM', async (t) => {
  const cwd = emptyFolder()
  const served = await serveCommand([samples], { cwd })
  const order = ['token', samples, '--sub', 'alice', '--roles', 'customer', '--scopes', 'orders:read']
  const minted = await runCommand(order, { cwd })
  t.is(minted.code, 0)
  const authorization = `Bearer ${minted.stdout.trim()}`
  const answers = await Promise.all([
    fetch(`${served.url}/products`),
    fetch(`${served.url}/orders`),
    fetch(`${served.url}/orders`, { headers: { authorization } }),
    fetch(`${served.url}/orders`, { method: 'POST', headers: { authorization } }),
    fetch(`${served.url}/ready`),
  ])
  t.deepEqual(
    answers.map(({ status }) => status),
    [200, 401, 200, 403, 200],
  )
  for (const own of ['field-key', 'portcullis.db']) t.is(statSync(join(cwd, 'data', own)).mode & 0o777, 0o600, own)
  const { code, stdout } = await served.end('SIGTERM')
  t.is(code, 0)
  t.regex(stdout, /drained/)
  t.false(stdout.includes(minted.stdout.trim()))
})

test('a token of one folder’s key does not open the server of another', async (t) => {
  const served = await serveCommand([samples], { cwd: emptyFolder() })
  const { stdout } = await runCommand(['token', samples, '--sub', 'alice', '--scopes', 'orders:read'], {
    cwd: emptyFolder(),
  })
  const answer = await fetch(`${served.url}/orders`, { headers: { authorization: `Bearer ${stdout.trim()}` } })
  t.is(answer.status, 401)
  await served.end('SIGTERM')
})

test('finishes the answer that is under way when SIGTERM comes', async (t) => {
  const directory = writePolicies({
    'slow.yaml': 'service: s\nroutes:\n  GET /: { authenticate: public, handler: ./slow.js#slow }\n',
    'slow.js': `export const slow = async (ctx) => {
      process.stdout.write('at work\\n')
      await new Promise((resolve) => process.once('SIGTERM', () => setImmediate(resolve)))
      ctx.body = 'whole'
    }`,
  })
  const served = await serveCommand([directory])
  const answer = fetch(served.url)
  await once(served.child.stdout ?? served.child, 'data')
  const ended = served.end('SIGTERM')
  t.is(await (await answer).text(), 'whole')
  t.is((await ended).code, 0)
})

test('ends with status 1 and the diagnostics where the policies are broken', async (t) => {
  const directory = writePolicies({ 'a.yaml': open.replace('public', 'publik') })
  const { code, stdout, stderr } = await runCommand(['serve', directory, '--port', '0'])
  t.is(code, 1)
  t.is(stdout, '')
  t.regex(stderr, /a\.yaml:3:26 {2}error {2}policy\/wrong-type/)
  t.regex(stderr, /did you mean `public`\?/)
  t.notRegex(stderr, /at .*\.ts:\d/)
})

test('ends with status 2 where there is nothing to read', async (t) => {
  const { code, stderr } = await runCommand(['serve', '/nowhere/at/all'])
  t.is(code, 2)
  t.is(stderr, 'portcullis: cannot read the policy directory `/nowhere/at/all`: no such file or directory\n')
})

test('ends with status 3 and says what to do where the port is taken', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const { code, stdout, stderr } = await runCommand([
    'serve',
    writePolicies({ 'a.yaml': open }),
    '--port',
    String(port),
  ])
  taken.close()
  t.is(code, 3)
  t.is(stdout, '')
  t.regex(stderr, new RegExp(`port .${port}. is in use.*--port`))
  t.notRegex(stderr, /at .*\.ts:\d/)
})

test('ends with status 3 and names the file where a handler throws on import', async (t) => {
  const directory = writePolicies({
    'a.yaml': open.replace('reply: { body: ok }', 'handler: ./broken.js#show'),
    'broken.js': 'throw new Error("the database driver is missing")',
  })
  const { code, stderr } = await runCommand(['serve', directory, '--port', '0'])
  t.is(code, 3)
  t.regex(stderr, /broken\.js/)
  t.regex(stderr, /the database driver is missing/)
  t.notRegex(stderr, /\n {4}at /)
})

test('starts with a warning where keys cannot be fetched, and answers 503 on their routes alone', async (t) => {
  const directory = writePolicies({
    'a.yaml': `issuers:
  away: { issuer: https://away.example/, audience: api, algorithms: [RS256], jwks: 'http://127.0.0.1:1/keys' }
service: s
routes:
  GET /open: { authenticate: public, reply: { body: ok } }
  GET /ready: { authenticate: public, builtin: ready }
  GET /closed: { authenticate: jwt, reply: { body: ok } }
`,
  })
  const served = await serveCommand([directory])
  const token = `${Buffer.from('{"alg":"RS256","kid":"a"}').toString('base64url')}.${Buffer.from(
    JSON.stringify({ iss: 'https://away.example/', sub: 'u', aud: 'api', exp: 4e9 }),
  ).toString('base64url')}.${'A'.repeat(342)}`
  const closed = await fetch(`${served.url}/closed`, { headers: { authorization: `Bearer ${token}` } })
  t.is(closed.status, 503)
  t.is(((await closed.json()) as { code: string }).code, 'keys_unavailable')
  t.is((await fetch(`${served.url}/open`)).status, 200)
  const { stdout } = await served.end('SIGTERM')
  t.regex(stdout, /"level":"warn".*away/)
})

test('refuses to sign with a development key for others than this machine', async (t) => {
  const directory = writePolicies({
    'a.yaml': `issuers:\n  local: { builtin: true, audience: api }\n${open}  GET /a: { authenticate: jwt, reply: { body: ok } }\n`,
  })
  const abroad = await runCommand(['serve', directory, '--port', '0', '--host', '0.0.0.0'], { cwd: emptyFolder() })
  t.is(abroad.code, 3)
  t.regex(abroad.stderr, /development key/)
  const production = await runCommand(['serve', directory, '--port', '0'], {
    cwd: emptyFolder(),
    env: { NODE_ENV: 'production' },
  })
  t.is(production.code, 3)
})

test('protects a server in another language that knows nothing of it', async (t) => {
  const folder = writePolicies({ 'index.html': 'from python' })
  const python = spawn('python3', ['-u', '-m', 'http.server', '0', '--bind', '127.0.0.1', '--directory', folder], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [line] = await once(python.stdout, 'data')
  const port = /port (\d+)/.exec(String(line))?.[1]
  const directory = writePolicies({
    'a.yaml': `issuers:\n  local: { builtin: true, audience: api }
service: s
upstream: http://127.0.0.1:${port}
routes:
  GET /*path: { authenticate: jwt, scopes: [pages:read] }
`,
  })
  const cwd = emptyFolder()
  const served = await serveCommand([directory], { cwd })
  const { stdout } = await runCommand(['token', directory, '--sub', 'u1', '--scopes', 'pages:read'], { cwd })
  const allowed = await fetch(`${served.url}/index.html`, { headers: { authorization: `Bearer ${stdout.trim()}` } })
  t.is(await allowed.text(), 'from python')
  t.is((await fetch(`${served.url}/index.html`)).status, 401)
  await served.end('SIGTERM')
  python.kill()
})

test('a secret of the environment opens tokens, and is in no output', async (t) => {
  const secret = 'b6e1c0a8f4d94c6ebf0a3f53c5f7a2d1e8'
  const directory = writePolicies({
    'a.yaml': `issuers:
  shop: { issuer: https://login.example/, audience: api, algorithms: [HS256], secret: '\${secret:shop-key}' }
service: s
routes:
  GET /: { authenticate: jwt, reply: { body: ok } }
`,
  })
  const missing = await runCommand(['serve', directory, '--port', '0'])
  t.is(missing.code, 1)
  t.regex(missing.stderr, /policy\/unresolved-reference.*PORTCULLIS_SECRET_SHOP_KEY/s)
  const weak = await runCommand(['serve', directory, '--port', '0'], { env: { PORTCULLIS_SECRET_SHOP_KEY: 'short' } })
  t.is(weak.code, 1)
  t.regex(weak.stderr, /a\.yaml:2:.*issuers\/weak-secret/)
  t.false(weak.stderr.includes('short'))
  const served = await serveCommand([directory], { env: { PORTCULLIS_SECRET_SHOP_KEY: secret } })
  t.is((await fetch(served.url)).status, 401)
  const { stdout, stderr } = await served.end('SIGTERM')
  t.false(stdout.includes(secret) || stderr.includes(secret))
})

test('says how each command is used', async (t) => {
  for (const name of ['serve', 'check', 'routes', 'token']) {
    const { code, stdout } = await runCommand([name, '--help'])
    t.is(code, 0)
    t.regex(stdout, /Exit status:\n {2}0 {2}[\s\S]*\n {2}2 {2}wrong usage[\s\S]*Example:\n {2}portcullis /)
  }
  t.is((await runCommand([])).code, 2)
  const { code, stderr } = await runCommand(['chekc'])
  t.is(code, 2)
  t.regex(stderr, /did you mean `check`\?/)
  t.is((await runCommand(['serve', '--port', 'x'])).code, 2)
  const unknown = await runCommand(['check', '--formt', 'json'])
  t.is(unknown.code, 2)
  t.regex(unknown.stderr, /no option is named `--formt`; did you mean `--format`\?/)
  const named = await runCommand(['check', '--policies', 'policies'])
  t.is(named.code, 2)
  t.regex(named.stderr, /no option is named `--policies`: write the directory alone/)
  t.is((await runCommand(['serve', '--log-level', 'loud'])).code, 2)
})

test('logs allowed requests where it is told to, with guard and policy line of a refusal', async (t) => {
  const served = await serveCommand([samples, '--log-level', 'debug'], { cwd: emptyFolder() })
  await fetch(`${served.url}/products?q=hidden`)
  await fetch(`${served.url}/orders`, { headers: { authorization: 'Bearer secret-token' } })
  const { stdout } = await served.end('SIGTERM')
  t.regex(stdout, /"level":"debug".*"route":"GET \/products".*"status":200/)
  t.regex(stdout, /"code":"token_invalid".*"guard":"authenticate","policy":"[^"]*orders\.yaml:\d+"/)
  t.false(stdout.includes('hidden') || stdout.includes('secret-token'))
})

test('lists the routes of the samples', async (t) => {
  const { code, stdout } = await runCommand(['routes', samples])
  t.is(code, 0)
  t.regex(stdout, /^ROUTE +WHO/)
  t.regex(stdout, /GET \/orders\/:id +jwt \(shop\) +orders:read/)
  const json = await runCommand(['routes', samples, '--format', 'json'])
  t.is(JSON.parse(json.stdout).length, stdout.trim().split('\n').length - 1)
})

test('the samples are without findings', async (t) => {
  const { code, stdout } = await runCommand(['check', samples, '--strict'])
  t.is(stdout, 'no findings\n')
  t.is(code, 0)
  t.true(readFileSync(join(samples, 'shop.yaml'), 'utf8').length > 0)
})
