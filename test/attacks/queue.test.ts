/** The server as a process of its own, with a crowd before one slow destination: it lives, and the queue ends as it should. */

import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import test from 'ava'
import { serveCommand } from '../helpers/command.ts'
import { writePolicies } from '../helpers/gate.ts'
import { HeldServer } from '../helpers/held-server.ts'
import { ask } from '../helpers/raw.ts'
import { inParallel, write } from './raw-request.ts'

const slots = 20

const policy = (upstream: string, connections: number) => `
settings: { limits: { connections: ${connections}, requests: ${connections} } }
service: calm
upstream: ${upstream}
defaults: { authenticate: public }
routes:
  GET /slow: { concurrency: { max: ${slots}, queue: 10000, wait: 1m }, timeout: 1m }
  GET /quick: { reply: { body: quick } }
  GET /metrics: { builtin: metrics }
`

/** As many connections as this machine lets two processes of one have. */
function affordable(): number {
  const { stdout } = spawnSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' })
  return stdout.startsWith('unlimited') ? 10_000 : Math.min(10_000, Number(stdout) - 1000)
}

const get = (target: string) => write({ target })

/** One sample of the server's own metrics. */
async function measure(port: number, name: string): Promise<number> {
  const { body } = await ask(port, get('/metrics'))
  const line = body.split('\n').find((each) => each.startsWith(`${name} `) || each.startsWith(`${name}{`))
  return Number(line?.split(' ').at(-1))
}

/** Waits until it holds; the test's own timeout bounds it. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((later) => setTimeout(later, 20))
}

test('ten thousand who wait hold nobody else up, leave as they like, and are all served', async (t) => {
  const count = affordable()
  const upstream = await HeldServer.start(t)
  const served = await serveCommand([writePolicies({ 'calm.yaml': policy(upstream.url, count + 100) })])
  const port = Number(new URL(served.url).port)
  const clients: { readonly socket: Socket; readonly status: Promise<string> }[] = []
  t.teardown(async () => {
    for (const { socket } of clients) socket.destroy()
    if (served.child.exitCode === null) await served.end('SIGKILL')
  })
  const waiting = () => measure(port, 'portcullis_concurrency_waiting')
  await inParallel(Array.from({ length: count }), 200, async () => {
    const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {})
    const status = new Promise<string>((resolve) =>
      socket.once('data', (bytes) => resolve(bytes.toString('latin1', 9, 12))),
    )
    clients.push({ socket, status })
    await once(socket, 'connect')
    socket.write(get('/slow'))
  })
  await until(async () => (await waiting()) === count - slots)
  const started = performance.now()
  for (let index = 0; index < 100; index++) t.is((await ask(port, get('/quick'))).body, 'quick')
  const each = (performance.now() - started) / 100
  const memory = await measure(port, 'process_resident_memory_bytes')
  t.log(`${count} clients: ${each.toFixed(1)} ms a request beside them, ${Math.round(memory / 2 ** 20)} MB`)
  t.true(each < 100)
  t.true(memory < 600 * 2 ** 20)
  // The first few hundred came together: the slots are among them.
  const isLeaving = (index: number) => index > 1_000 && index % 3 === 0
  const staying = clients.filter((_, index) => !isLeaving(index))
  for (const [index, { socket }] of clients.entries()) if (isLeaving(index)) socket.destroy()
  await until(async () => (await waiting()) === staying.length - slots)
  upstream.delay = 0
  for (let index = 0; index < slots; index++) void upstream.answer()
  t.deepEqual(new Set(await Promise.all(staying.map(({ status }) => status))), new Set(['200']))
  t.is(upstream.seen.length, staying.length)
  t.is(upstream.most, slots)
  await until(async () => (await measure(port, 'portcullis_concurrency_in_use')) === 0)
  t.is(await waiting(), 0)
})
