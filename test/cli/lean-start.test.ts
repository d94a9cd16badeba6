/** What a server with accounts leaves unloaded until somebody needs it. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test from 'ava'
import { serveCommand } from '../helpers/command.ts'
import { writePolicies } from '../helpers/gate.ts'

const shop = `
issuers:
  shop: { builtin: true, audience: shop-api, refreshTtl: 30d }
defaults: { authenticate: { jwt: { issuers: [shop] } } }
routes:
  POST /login: { authenticate: public, rateLimit: [{ by: ip, limit: 10, per: 1m }], builtin: login }
  POST /password: { builtin: password }
  GET /ready: { authenticate: public, builtin: ready }
`

/** Writes at the end of a process what it has loaded, of Node too. */
const watching = (file: string): string => `
import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { isMainThread } from 'node:worker_threads'
const urls = []
registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) })
if (isMainThread)
  process.on('exit', () => writeFileSync(${JSON.stringify(file)}, [...urls, ...process.moduleLoadList].join('\\n')))
`

/** Each takes megabytes. */
const heavy =
  /long-common-passwords|zxcvbn|piscina|bcryptjs|node_modules\/(?:pg|ioredis|undici|@aws-sdk|@koa\/router)\/|internal\/deps\/undici/

test('starting loads no list of passwords, no thread that hashes, no driver of another store, and no undici of Node', async (t) => {
  t.timeout(120_000)
  const cwd = writePolicies({ 'shop.yaml': shop })
  const [watcher, loaded] = [join(cwd, 'watch.mjs'), join(cwd, 'loaded.txt')]
  writeFileSync(watcher, watching(loaded))
  const served = await serveCommand(['.'], { cwd, env: { NODE_OPTIONS: `--import=${pathToFileURL(watcher)}` } })
  t.teardown(() => served.child.kill('SIGKILL'))
  const answer = await fetch(`${served.url}/ready`)
  t.is(answer.status, 200)
  await served.end('SIGTERM')
  const names = readFileSync(loaded, 'utf8').split('\n')
  t.true(
    names.some((name) => name.endsWith('services/accounts/account-store.ts')),
    'the accounts are open',
  )
  t.deepEqual(
    names.filter((name) => heavy.test(name)),
    [],
  )
})
