/** `portcullis attack`, in a process of its own, against `serve` in another. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { runCommand, serveCommand } from '../helpers/command.ts'
import { freePort } from '../helpers/free-port.ts'
import { writePolicies } from '../helpers/gate.ts'

const policies = {
  'shop.yaml': `
issuers: { shop: { builtin: true, audience: shop-api } }
routes:
  GET /orders: { authenticate: jwt, scopes: [orders:read], reply: { body: [] } }
  POST /orders:
    authenticate: jwt
    input: { body: { type: object, required: [sku], properties: { sku: { type: string, maxLength: 9 } } } }
    reply: { status: 201 }
`,
}

const samples = fileURLToPath(new URL('../../policies', import.meta.url))

/** Where data/dev-key is. */
function emptyFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}

async function serve(t: ExecutionContext, cwd: string, directory: string): Promise<string> {
  const served = await serveCommand([directory], { cwd })
  t.teardown(() => served.end('SIGTERM'))
  return served.url
}

test('a server that follows its policies passes, and the output says what was tried', async (t) => {
  t.timeout(120_000)
  const [cwd, directory] = [emptyFolder(t), writePolicies(policies)]
  const url = await serve(t, cwd, directory)
  const { stdout, code } = await runCommand(['attack', url, directory], { cwd })
  t.is(code, 0, stdout)
  t.regex(stdout, /authenticate +\d+ as the policies say\n/)
  t.regex(stdout, /\n\d+ as the policies say, 0 not; \d+ requests\n$/)
})

test('what is not as the policies say is told with its line and a request, and no token', async (t) => {
  t.timeout(120_000)
  const [cwd, directory] = [emptyFolder(t), writePolicies(policies)]
  const laxer = writePolicies({ 'shop.yaml': policies['shop.yaml'].replace('scopes: [orders:read], ', '') })
  const url = await serve(t, cwd, laxer)
  const text = await runCommand(['attack', url, directory], { cwd })
  t.is(text.code, 1)
  t.regex(
    text.stdout,
    /shop\.yaml:4 {2}scopes {2}GET \/orders: no scope\n {3}expected 403 `scope_missing`, it was answered 200\n {3}curl -i .*Bearer …/,
  )
  t.notRegex(text.stdout, /eyJ/)
  const json = await runCommand(['attack', url, directory, '--format', 'json'], { cwd })
  const { findings } = JSON.parse(json.stdout)
  t.like(findings[0], { guard: 'scopes', route: 'GET /orders', line: 4 })
  const junit = await runCommand(['attack', url, directory, '--format', 'junit'], { cwd })
  t.regex(
    junit.stdout,
    /^<\?xml[\s\S]*<testsuites name="portcullis attack" tests="\d+" failures="\d+"[\s\S]*<failure message="expected 403/,
  )
})

test('`--read-only` sends nothing that changes something and is let through', async (t) => {
  const [cwd, directory] = [emptyFolder(t), writePolicies(policies)]
  const url = await serve(t, cwd, directory)
  const all = await runCommand(['attack', url, directory, '--format', 'json'], { cwd })
  const some = await runCommand(['attack', url, directory, '--read-only', '--format', 'json'], { cwd })
  const audit = await runCommand(['audit', 'show', '--outcome', 'allowed'], { cwd })
  const created = audit.stdout.split('\n').filter((line) => line.includes('POST /orders → 201'))
  t.is(JSON.parse(all.stdout).requests - JSON.parse(some.stdout).requests, created.length)
  t.is(created.length, 1)
})

test('a server that is not this machine has to be named twice', async (t) => {
  const directory = writePolicies(policies)
  const { code, stderr } = await runCommand(['attack', 'https://api.example', directory], { cwd: emptyFolder(t) })
  t.is(code, 2)
  t.regex(stderr, /`--confirm api\.example`/)
})

test('wrong usage is told, and a server that is not there', async (t) => {
  const [cwd, directory] = [emptyFolder(t), writePolicies(policies)]
  const call = (...args: string[]) => runCommand(['attack', ...args], { cwd })
  const gone = await call(`http://127.0.0.1:${await freePort()}`, directory)
  t.is(gone.code, 3)
  t.regex(gone.stderr, /cannot be reached: .*ECONNREFUSED/)
  t.is((await call('127.0.0.1:8080', directory)).code, 2)
  t.is((await call('http://127.0.0.1:1/x', directory)).code, 2)
  t.is((await call('http://127.0.0.1:1', directory, '--format', 'sarif')).code, 2)
  t.is((await call('http://127.0.0.1:1', directory, '--token', 'shop')).code, 2)
  t.is((await call('http://127.0.0.1:1', directory, '--token', 'nobody=a.b.c')).code, 2)
})

const signIn = (csrf: string) => ({
  'shop.yaml': `
issuers: { shop: { builtin: true, audience: shop-api, refreshTtl: 30d } }
routes:
  POST /signin:
    because: a test of what is missed
    authenticate: public
    rateLimit: [{ by: ip, limit: 600, per: 1m }]${csrf}
    builtin: { login: cookie }
`,
})

test('pages of other sites are tried where a cookie is given, and missed where nothing keeps them out', async (t) => {
  t.timeout(120_000)
  const [cwd, directory] = [emptyFolder(t), writePolicies(signIn(''))]
  const [guarded, open] = [
    await serve(t, cwd, directory),
    await serve(t, cwd, writePolicies(signIn('\n    csrf: off'))),
  ]
  const sound = await runCommand(['attack', guarded, directory, '--format', 'json'], { cwd })
  t.like(JSON.parse(sound.stdout), { findings: [], sound: { csrf: 5 } })
  const missed = await runCommand(['attack', open, directory, '--format', 'json'], { cwd })
  t.deepEqual(
    JSON.parse(missed.stdout).findings.map(({ guard }: { readonly guard: string }) => guard),
    ['csrf', 'csrf', 'csrf', 'csrf', 'csrf'],
  )
})

test('the samples are served as they say, as far as limits and their patience let it be tried', async (t) => {
  t.timeout(240_000)
  const cwd = emptyFolder(t)
  const url = await serve(t, cwd, samples)
  const order = ['attack', url, samples, '--audit', 'data/audit', '--rate', '2000', '--patience', '0']
  const { stdout, code } = await runCommand(order, { cwd })
  t.is(code, 0, stdout)
  for (const guard of ['authenticate', 'scopes', 'input', 'rateLimit', 'cors', 'csrf', 'audit'])
    t.regex(stdout, new RegExp(`\\n? +${guard} +\\d+ as the policies say\\n`), guard)
  t.notRegex(stdout, /no answer (?:held|set)/)
})
