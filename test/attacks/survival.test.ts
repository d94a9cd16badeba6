/** The server as a process of its own under clients and upstreams of bad manners: it lives, and returns to calm. */

import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { type Served, serveCommand } from '../helpers/command.ts'
import { writePolicies } from '../helpers/gate.ts'
import { ask, type RawAnswer, RawClient } from '../helpers/raw.ts'
import { type Destination, openDestination } from './destination.ts'
import { inParallel, write } from './raw-request.ts'

const policy = (upstream: string, limits: string) => `
settings: { limits: ${limits} }
service: calm
upstream: ${upstream}
defaults: { authenticate: public, rateLimit: [{ by: ip, limit: 10000000, per: 1m }] }
routes:
  GET /down: {}
  GET /dying: {}
  POST /up: { input: { body: any, maxBytes: 10mb } }
  POST /json: { input: { body: { type: object, additionalProperties: true } } }
  GET /quick: { reply: { body: quick } }
  GET /metrics: { builtin: metrics }
`

const megabyte = Buffer.alloc(2 ** 20, 'abc')

/** What goes up is swallowed; `/down` sends a megabyte in pieces; `/dying` sends one piece and hangs up. */
function answer(url: string | undefined, res: ServerResponse): void {
  if (url !== '/dying') return void res.end(url === '/down' ? megabyte : 'taken')
  res.writeHead(200, { 'Content-Length': 1_000_000 })
  res.write('begun', () => res.destroy())
}

interface Standing {
  readonly served: Served
  readonly port: number
  readonly destination: Destination
}

/** Serves the policy in a process of its own until the test is over. */
async function stand(t: ExecutionContext, limits = '{ headersTimeout: 5s, requestTimeout: 5s }'): Promise<Standing> {
  const destination = await openDestination((req, res) => {
    req.on('error', () => {}).resume()
    req.once('end', () => answer(req.url, res))
  })
  const served = await serveCommand([writePolicies({ 'calm.yaml': policy(destination.url, limits) })])
  t.teardown(async () => {
    destination.close()
    if (served.child.exitCode === null) await served.end('SIGKILL')
  })
  return { served, port: Number(new URL(served.url).port), destination }
}

const get = (target: string) => write({ target })
const isQuick = async (port: number): Promise<boolean> => (await ask(port, get('/quick'))).body === 'quick'

/** One sample of the server's own metrics. */
async function measure(port: number, name: string): Promise<number> {
  const { body } = await ask(port, get('/metrics'))
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(body)?.[1])
}

/** Waits until it holds; the test's own timeout bounds it. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((later) => setTimeout(later, 20))
}

/** Numbers from 0 to 1 that a seed repeats (Lehmer's generator). */
function chances(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

const upload = (length: number) => `POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`
const rude = [
  ...[
    '',
    'G',
    'GET /down HTTP/1.1\r\nHo',
    'GET /down HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /dying HTTP/1.1\r\nHost: a\r\n\r\n',
  ],
  ...[upload(1_000_000), upload(1_000_000) + 'x'.repeat(100_000), `${upload(10)}0123456789`, upload(10).repeat(3)],
  'POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nxxx',
  'POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 90000\r\n\r\n{"a":"',
  'POST /up HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1000\r\n\r\n',
  'GET /quick HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(500),
  'GET /down HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(5),
]

/** Sends, and leaves after a moment, with or without a word; may read nothing until then. */
async function beRude(port: number, chance: () => number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {})
  const patience = chance() * 30
  socket.write(rude[Math.floor(chance() * rude.length)] ?? '')
  if (chance() < 0.7) socket.resume()
  await new Promise((later) => setTimeout(later, patience))
  const farewell = Math.floor(chance() * 4)
  if (farewell < 2) socket.resetAndDestroy()
  else if (farewell === 2) socket.destroy()
  else socket.end()
  socket.resume()
  if (!socket.destroyed) await Promise.race([once(socket, 'close'), new Promise((later) => setTimeout(later, 500))])
  socket.destroy()
}

test.serial('two thousand clients that leave at any moment leave nothing behind', async (t) => {
  const seed = Date.now()
  t.log(`seed ${seed}`)
  const chance = chances(seed)
  const { served, port, destination } = await stand(t)
  t.true(await isQuick(port))
  const files = await measure(port, 'process_open_fds')
  await inParallel(Array.from({ length: 2000 }), 100, async (_, index) => {
    await beRude(port, chance)
    if (index % 100 === 0) t.true(await isQuick(port))
  })
  await until(async () => (await measure(port, 'portcullis_requests_in_flight')) === 1)
  // What stays open are connections to the destination that are kept for the next request.
  await until(async () => (await measure(port, 'process_open_fds')) <= files + (await destination.connections()))
  const memory = await measure(port, 'process_resident_memory_bytes')
  t.log(`${Math.round(memory / 2 ** 20)} MB, ${await destination.connections()} connections kept`)
  t.true(memory < 800 * 2 ** 20)
  t.is(served.child.exitCode, null)
  t.true(await isQuick(port))
  t.is((await served.end('SIGTERM')).code, 0)
})

test.serial('an upstream that dies in the middle of its answers takes nobody along', async (t) => {
  const { served, port } = await stand(t)
  await inParallel(Array.from({ length: 300 }), 30, async () => {
    const client = await RawClient.connect(port)
    const text = await client.send(get('/dying')).rest()
    t.regex(text, /^(HTTP\/1\.1 200 |HTTP\/1\.1 502 |$)/)
  })
  t.true(await isQuick(port))
  t.is(await measure(port, 'portcullis_requests_in_flight'), 1)
  t.is((await served.end('SIGTERM')).code, 0)
})

test.serial('clients that send a byte now and then are told to hurry, and hold nobody up', async (t) => {
  const { port } = await stand(t, '{ headersTimeout: 1s, requestTimeout: 1s }')
  const slow = await Promise.all(Array.from({ length: 300 }, () => RawClient.connect(port)))
  const heads = [
    'GET /quick HTTP/1.1\r\nHost: a\r\nX-Slow: ',
    `${upload(1000)}`,
    'POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{',
  ]
  for (const [index, client] of slow.entries()) client.send(heads[index % heads.length] ?? '')
  const drip = setInterval(() => {
    for (const { socket } of slow) if (socket.writable) socket.write('a')
  }, 100)
  t.teardown(() => clearInterval(drip))
  const started = performance.now()
  const answers = Promise.all(slow.map((client) => client.rest()))
  for (let i = 0; i < 50; i++) t.true(await isQuick(port))
  for (const text of await answers) t.regex(text, /^HTTP\/1\.1 408 [\s\S]*"code":"request_timeout"/)
  t.true(performance.now() - started < 15_000)
})

/** As many connections as this machine lets two processes of one have. */
function affordable(): number {
  const { stdout } = spawnSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' })
  return stdout.startsWith('unlimited') ? 10_000 : Math.min(10_000, Number(stdout) - 1000)
}

test.serial('ten thousand idle connections hold nobody up; one more is not taken', async (t) => {
  const count = affordable()
  const { port } = await stand(t, `{ headersTimeout: 60s, requestTimeout: 60s, connections: ${count} }`)
  const sockets: Socket[] = []
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
  })
  await inParallel(Array.from({ length: count - 10 }), 200, async (_, index) => {
    const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {})
    sockets.push(socket)
    await once(socket, 'connect')
    if (index % 3 === 0) socket.write('GET /quick HTTP/1.1\r\n')
  })
  const started = performance.now()
  for (let i = 0; i < 100; i++) t.true(await isQuick(port))
  const each = (performance.now() - started) / 100
  const memory = await measure(port, 'process_resident_memory_bytes')
  t.log(`${count} connections: ${each.toFixed(1)} ms a request beside them, ${Math.round(memory / 2 ** 20)} MB`)
  t.true(each < 100)
  t.true(memory < 600 * 2 ** 20)
  const more = Array.from({ length: 30 }, () => connect({ port, host: '127.0.0.1' }).on('error', () => {}))
  sockets.push(...more)
  await until(async () => more.filter((socket) => socket.destroyed).length >= 20)
  for (const socket of sockets) socket.destroy()
  await until(() => isQuick(port).catch(() => false))
  t.pass()
})

interface Tally {
  whole: number
  /** Requests on a connection that was closed before a byte of the answer: the client sends them again elsewhere. */
  unanswered: number
  partial: string[]
}

/** Asks again and again over one connection, until it is closed. */
async function askOn(port: number, tally: Tally): Promise<void> {
  const client = await RawClient.connect(port)
  for (;;) {
    const { answer, rest } = await client
      .send(get('/down'))
      .answer()
      .then(
        (answer: RawAnswer) => ({ answer, rest: '' }),
        (error: Error) => ({ answer: undefined, rest: error.message.replace('the connection ended after ', '') }),
      )
    if (answer === undefined) {
      if (rest === '""') tally.unanswered++
      else tally.partial.push(rest.slice(0, 200))
      return void client.socket.destroy()
    }
    if (answer.status === 200 && answer.body.length === megabyte.length) tally.whole++
    else tally.partial.push(`${answer.status} ${answer.body.slice(0, 200)}`)
    if (answer.headers.get('connection') === 'close') return void client.socket.destroy()
  }
}

test.serial('a signal under load loses no answer whose request was taken', async (t) => {
  let taken = 0
  const destination = await openDestination((_req, res) => {
    taken++
    setTimeout(() => res.end(megabyte), 20)
  })
  t.teardown(destination.close)
  const served = await serveCommand([writePolicies({ 'calm.yaml': policy(destination.url, '{ body: 1kb }') })])
  const port = Number(new URL(served.url).port)
  const tally: Tally = { whole: 0, unanswered: 0, partial: [] }
  const clients = Promise.all(Array.from({ length: 40 }, () => askOn(port, tally)))
  await until(async () => taken > 200)
  const { code } = await served.end('SIGTERM')
  await clients
  t.log(`${tally.whole} answers, ${tally.unanswered} connections closed between two requests`)
  t.is(code, 0)
  t.deepEqual(tally.partial, [])
  t.is(tally.whole, taken)
})
