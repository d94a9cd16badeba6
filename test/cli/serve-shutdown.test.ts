/** The end of `serve`, in processes of its own: requests under way, a disk that hangs, handlers that never end. */

import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Served, serveCommand } from '../helpers/command.ts'
import { emptyFolder, writePolicies } from '../helpers/gate.ts'
import { askUntilTold, pooled, withAgent } from '../helpers/persistent.ts'
import { until } from '../helpers/until.ts'

const audited = writePolicies({
  'a.yaml': `service: s
routes:
  GET /: { authenticate: public, reply: { body: ok } }
  DELETE /: { authenticate: public, because: a test, rateLimit: [{ by: ip, limit: 1000, per: 1m }], reply: { body: ok } }
`,
})

/** Serves until the test is over. */
async function start(t: ExecutionContext, directory: string, cwd = emptyFolder()): Promise<Served> {
  const served = await serveCommand([directory], { cwd })
  t.teardown(() => void served.child.kill('SIGKILL'))
  return served
}

const messages = ({ logged }: Served) => logged().map(({ msg }) => msg)

/** Serves with an audit log whose last head goes into a pipe that nobody reads: to open it takes for ever. */
async function serveOverHungDisk(t: ExecutionContext) {
  const cwd = emptyFolder()
  const served = await start(t, audited, cwd)
  const [log = ''] = readdirSync(join(cwd, 'data/audit'))
  execFileSync('mkfifo', [join(cwd, 'data/audit', log, '00000001.heads')])
  await fetch(served.url, { method: 'DELETE' })
  return served
}

const busy = (settings = '') =>
  writePolicies({
    'a.yaml': `${settings}
service: s
routes:
  GET /ready: { authenticate: public, builtin: ready }
  GET /quick: { authenticate: public, reply: { body: ok } }
  GET /slow: { authenticate: public, handler: ./slow.js#slow }
  GET /parts: { authenticate: public, handler: ./slow.js#parts }
`,
    'slow.js': `
      import { Readable } from 'node:stream'
      import { setTimeout as wait } from 'node:timers/promises'
      export const slow = async (ctx) => { await wait(Math.random() * 20); ctx.body = 'ok' }
      async function* four() { for (const part of 'abcd') { await wait(5); yield part } }
      export const parts = (ctx) => { ctx.body = Readable.from(four()) }
    `,
  })

const paths = ['/quick', '/slow', '/parts']

test('loses no request of clients that keep connections, and ends with status 0', async (t) => {
  for (let round = 0; round < 3; round++) {
    const served = await start(t, busy())
    const port = Number(new URL(served.url).port)
    const known = new Set<number>()
    const asking = Array.from({ length: 24 }, (_, index) =>
      askUntilTold(port, index % 2 ? '/quick' : '/slow', () => known.add(index)),
    )
    await Promise.race([until(() => known.size === asking.length), Promise.all(asking)])
    t.is(known.size, asking.length)
    const ended = served.end('SIGTERM')
    await Promise.all(asking)
    t.is((await ended).code, 0)
  }
})

test('loses no request where a balancer has the delay to notice, whatever the clients are', async (t) => {
  const served = await start(t, busy('settings: { shutdown: { delay: 2s } }'))
  const clients = [pooled(served.url, 8), withAgent(served.url, true), withAgent(served.url, false)]
  const probe = withAgent(served.url, false)
  t.teardown(() => {
    for (const client of [...clients, probe]) client.close()
  })
  let isReady = true
  let answered = 0
  const asking = clients.flatMap(({ call }) =>
    Array.from({ length: 8 }, async (_, index) => {
      for (let next = index; isReady; next++) {
        t.is(await call(paths[next % paths.length] ?? '/'), 200)
        answered++
      }
    }),
  )
  await Promise.race([until(() => answered > asking.length), Promise.all(asking)])
  const ended = served.end('SIGTERM')
  while (isReady) isReady = (await probe.call('/ready')) === 200
  await Promise.all(asking)
  t.is((await ended).code, 0)
  t.true(answered > asking.length)
})

test('ends although a handler has left something running', async (t) => {
  const directory = writePolicies({
    'a.yaml': 'service: s\nroutes:\n  GET /: { authenticate: public, handler: ./left.js#left }\n',
    'left.js': 'setInterval(() => {}, 1000); export const left = (ctx) => { ctx.body = "ok" }',
  })
  const served = await start(t, directory)
  t.is((await fetch(served.url)).status, 200)
  const { code } = await served.end('SIGTERM')
  t.is(code, 0)
  t.true(messages(served).includes('something still runs that nobody waits for; the process ends'))
})

test('cuts what never ends after the grace, with 503, and ends', async (t) => {
  const directory = writePolicies({
    'a.yaml': `settings: { shutdown: { grace: 300ms } }
service: s
routes:
  GET /: { authenticate: public, handler: ./never.js#never }
`,
    'never.js': 'export const never = (ctx) => { process.stdout.write("{}\\n"); return new Promise(() => {}) }',
  })
  const served = await start(t, directory)
  const answer = fetch(served.url)
  await until(() => served.logged().some((line) => Object.keys(line).length === 0))
  const ended = served.end('SIGTERM')
  t.is((await answer).status, 503)
  t.is((await ended).code, 0)
})

test('ends with status 1 where the disk of the audit log hangs, and says what is lost', async (t) => {
  const served = await serveOverHungDisk(t)
  const { code } = await served.end('SIGTERM')
  t.is(code, 1)
  const line = served.logged().find(({ level }) => level === 'error')
  t.is(line?.msg, 'the audit log did not close within 4000 ms, and is left behind')
  t.is(typeof line?.entries, 'number')
})

test('ends at once on a second signal, also where a thread hangs', async (t) => {
  const served = await serveOverHungDisk(t)
  served.child.kill('SIGTERM')
  await until(() => messages(served).includes('drained'))
  const { code } = await served.end('SIGTERM')
  t.is(code, 1)
  t.false(messages(served).some((message) => String(message).startsWith('the audit log did not close')))
})
