/** What a command loads before it works: most of a short command's time is loading code. */

import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import { compileCacheOf } from '../../src/cli/compile-cache.ts'
import { writePolicies } from '../helpers/gate.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Writes to stderr, as JSON, which packages a process loaded. */
const recorder = `
  import { registerHooks } from 'node:module'
  const loaded = new Set()
  registerHooks({ load(url, context, next) {
    const [, name] = /node_modules\\/((?:@[^/]+\\/)?[^/]+)\\//.exec(url) ?? []
    if (name !== undefined) loaded.add(name)
    return next(url, context)
  } })
  process.on('exit', () => process.stderr.write(JSON.stringify([...loaded])))
`

async function packagesOf(...args: readonly string[]): Promise<ReadonlySet<string>> {
  const recorded = ['--import', `data:text/javascript,${encodeURIComponent(recorder)}`, 'src/cli/main.ts', ...args]
  const run = promisify(execFile)(process.execPath, recorded, { cwd: root })
  // Whatever it ends with.
  const { stderr } = await run.catch((ended: { readonly stderr: string }) => ended)
  return new Set(JSON.parse(stderr))
}

test('the help loads no package at all', async (t) => {
  t.deepEqual([...(await packagesOf('--help'))], [])
})

test('`check` loads nothing that only a server needs', async (t) => {
  const loaded = await packagesOf('check', 'policies')
  t.true(loaded.has('yaml'))
  for (const name of ['koa', '@koa/cors', 'jsonwebtoken', 'bottleneck', 'pino', 'prom-client', 'recheck'])
    t.false(loaded.has(name), name)
})

test('the client of Secrets Manager is loaded where policies name it, and nowhere else', async (t) => {
  const policy = (provider: string) => `settings: { secrets: { provider: ${provider} } }
routes:
  GET /: { authenticate: public, reply: { body: '\${secret:greeting}' } }
`
  const client = '@aws-sdk/client-secrets-manager'
  const loads = async (provider: string) =>
    (await packagesOf('secrets', 'check', writePolicies({ 'a.yaml': policy(provider) }))).has(client)
  t.false(await loads('env'))
  t.false(await loads('file, dir: /nowhere'))
  t.true(await loads("aws, region: eu-central-1, endpoint: 'http://127.0.0.1:1', deadline: 1s"))
})

test('keeps compiled code beside the packages, never in a folder that others can write', (t) => {
  t.is(compileCacheOf('/home/me/shop/node_modules/portcullis/dist/cli'), '/home/me/shop/node_modules/.cache/portcullis')
  t.is(compileCacheOf('/home/me/portcullis/src/cli'), '/home/me/portcullis/node_modules/.cache/portcullis')
})

test('a command leaves its compiled code for the next', async (t) => {
  await packagesOf('check', 'policies')
  t.true(readdirSync(compileCacheOf(`${root}src/cli`), { recursive: true }).length > 100)
})
