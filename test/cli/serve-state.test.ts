/** `serve` with its state in Redis: how it starts, with and without it, over TLS and as a user of Redis. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { makeCertificates } from '../helpers/certificates.ts'
import { runCommand, serveCommand } from '../helpers/command.ts'
import { freePort } from '../helpers/free-port.ts'
import { writePolicies } from '../helpers/gate.ts'
import { startRedis } from '../helpers/redis-server.ts'

const policies = (state: string, limit = '{ by: all, limit: 3, per: 1d }') => `settings: { state: ${state}, audit: off }
routes:
  GET /ready: { authenticate: public, builtin: ready }
  GET /: { authenticate: public, rateLimit: [${limit}], reply: { status: 204 } }
`

const statuses = async (url: string, calls: number): Promise<readonly number[]> => {
  const all: number[] = []
  for (let call = 0; call < calls; call++) all.push((await fetch(url)).status)
  return all
}

const readiness = async (url: string): Promise<unknown> => (await fetch(`${url}/ready`)).json()

test('counts over TLS, as a user with a password out of a secret, on from where the last process ended', async (t) => {
  const { ca, local } = makeCertificates()
  const password = 'dé:ad/be@ef'
  const user = `user gate on >${password} ~shop:* +@read +@write +eval +evalsha +time`
  const redis = await startRedis(t, { certificate: local, config: ['user default off', user] })
  const state = `{ url: 'rediss://localhost:${redis.port}', username: gate, password: '\${secret:redis}', ca: '\${file:ca.crt}', prefix: shop, deadline: 5s }`
  const directory = writePolicies({ 'a.yaml': policies(state) })
  writeFileSync(join(directory, 'ca.crt'), ca)
  const env = { PORTCULLIS_SECRET_REDIS: password }
  const first = await serveCommand([directory], { env })
  t.teardown(() => first.child.kill('SIGKILL'))
  t.deepEqual(await statuses(first.url, 2), [204, 204])
  const { code, stdout, stderr } = await first.end('SIGTERM')
  t.is(code, 0)
  const second = await serveCommand([directory], { env })
  t.teardown(() => second.child.kill('SIGKILL'))
  t.deepEqual(await statuses(second.url, 3), [204, 429, 429])
  t.deepEqual(await readiness(second.url), { status: 'ready' })
  const ended = await second.end('SIGTERM')
  for (const text of [stdout, stderr, ended.stdout, ended.stderr]) t.false(text.includes(password))
})

test('starts without Redis where every limit can do without, and says so', async (t) => {
  const port = await freePort()
  const directory = writePolicies({ 'a.yaml': policies(`'redis://127.0.0.1:${port}'`) })
  const served = await serveCommand([directory])
  t.teardown(() => served.child.kill('SIGKILL'))
  t.deepEqual(await statuses(served.url, 4), [204, 204, 204, 429])
  t.like(await readiness(served.url), { status: 'degraded' })
  const said = served.logged().find(({ msg }) => msg === 'redis does not answer')
  t.like(said, { level: 'warn', server: `127.0.0.1:${port}`, reason: `connect ECONNREFUSED 127.0.0.1:${port}` })
  t.is((await served.end('SIGTERM')).code, 0)
})

test('does not start without Redis where a limit refuses without it', async (t) => {
  const port = await freePort()
  const limit = '{ by: all, limit: 3, per: 1d, onStoreFailure: deny }'
  const directory = writePolicies({ 'a.yaml': policies(`'redis://:sesame@127.0.0.1:${port}'`, limit) })
  t.is((await runCommand(['serve', directory, '--port', '0'])).code, 1)
  const secret = writePolicies({ 'a.yaml': policies(`'redis://:\${secret:redis}@127.0.0.1:${port}'`, limit) })
  const { code, stderr } = await runCommand(['serve', secret, '--port', '0'], {
    env: { PORTCULLIS_SECRET_REDIS: 'sesame' },
  })
  t.is(code, 3)
  t.regex(stderr, new RegExp(`Redis at 127.0.0.1:${port} does not answer \\(connect ECONNREFUSED 127.0.0.1:${port}\\)`))
  t.false(stderr.includes('sesame'))
})

test('a limit that refuses without Redis does so when it is gone, and no other one', async (t) => {
  const redis = await startRedis(t)
  const limits = (mode: string) => `{ by: all, limit: 3, per: 1d, onStoreFailure: ${mode} }`
  const text = `${policies(`'redis://127.0.0.1:${redis.port}'`, limits('deny'))}  GET /other: { authenticate: public, rateLimit: [${limits('allow')}], reply: { status: 204 } }\n`
  const served = await serveCommand([writePolicies({ 'a.yaml': text })])
  t.teardown(() => served.child.kill('SIGKILL'))
  t.deepEqual(await statuses(served.url, 1), [204])
  await redis.kill()
  const refused = await fetch(served.url)
  t.is(refused.status, 503)
  t.like(await refused.json(), { code: 'state_unavailable' })
  t.truthy(refused.headers.get('retry-after'))
  t.deepEqual(await statuses(`${served.url}/other`, 5), [204, 204, 204, 204, 204])
})
