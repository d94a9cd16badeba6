/** More to compute than one process can: what it refuses, what it goes on doing, and what it bears. */

import test, { type ExecutionContext } from 'ava'
import { type Served, serveCommand } from '../helpers/command.ts'
import { writePolicies } from '../helpers/gate.ts'
import { type Client, withAgent } from '../helpers/persistent.ts'
import { until } from '../helpers/until.ts'

const spinning = (settings = '') =>
  writePolicies({
    'a.yaml': `${settings}
service: s
routes:
  GET /spin: { authenticate: public, handler: ./spin.js#spin }
  GET /block: { authenticate: public, handler: ./spin.js#block }
  GET /health: { authenticate: public, builtin: health }
  GET /ready: { authenticate: public, builtin: ready }
  GET /metrics: { authenticate: public, builtin: metrics }
`,
    'spin.js': `
      const burn = (milliseconds) => { const until = performance.now() + milliseconds; while (performance.now() < until); }
      export const spin = (ctx) => { burn(5); ctx.body = 'ok' }
      export const block = (ctx) => { burn(3000); ctx.body = 'ok' }
    `,
  })

async function start(t: ExecutionContext, settings?: string): Promise<Served & Client> {
  const served = await serveCommand([spinning(settings)])
  const client = withAgent(served.url, true)
  t.teardown(() => {
    client.close()
    served.child.kill('SIGKILL')
  })
  return { ...served, ...client }
}

const stateOf = async (url: string): Promise<{ readonly status: string; readonly failing?: readonly string[] }> =>
  JSON.parse(await (await fetch(`${url}/ready`)).text())

test.serial('refuses at once what would wait too long, serves the others, and says so until it is over', async (t) => {
  const server = await start(t, 'settings: { limits: { eventLoopDelay: 50ms } }')
  const counts = new Map<number, number>()
  let isOver = false
  const callers = Array.from({ length: 48 }, async () => {
    while (!isOver) {
      const status = await server.call('/spin')
      counts.set(status, (counts.get(status) ?? 0) + 1)
    }
  })
  await until(() => (counts.get(503) ?? 0) > 100)
  const served = counts.get(200) ?? 0
  t.is(await server.call('/health'), 200)
  t.deepEqual(await stateOf(server.url), { status: 'degraded', failing: ['load'] })
  await until(() => (counts.get(200) ?? 0) > served + 100)
  isOver = true
  await Promise.all(callers)
  t.deepEqual([...counts.keys()].sort(), [200, 503])
  const text = await (await fetch(`${server.url}/metrics`)).text()
  t.true(text.includes(`portcullis_shed_total{reason="eventLoopDelay"} ${counts.get(503)}\n`))
  t.true(Number(/^portcullis_event_loop_delay_seconds (.+)$/m.exec(text)?.[1]) > 0.02)
  await until(async () => (await stateOf(server.url)).status === 'ready')
  t.is(await server.call('/spin'), 200)
  const said = server.logged().filter(({ msg }) => String(msg).includes('overloaded'))
  t.deepEqual(said, [], 'no line for each')
  const { code } = await server.end('SIGTERM')
  t.is(code, 0)
})

test.serial('bears a computation that holds up all the others', async (t) => {
  const server = await start(t)
  const behind = ['/block', ...Array.from({ length: 20 }, () => '/spin')].map(server.call)
  await Promise.any(behind)
  behind.push(server.call('/spin'))
  t.deepEqual([...new Set(await Promise.all(behind))], [200])
  t.deepEqual(await stateOf(server.url), { status: 'ready' })
})
