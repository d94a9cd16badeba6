/** The end of a server, in a process of its own. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import test from 'ava'
import { RawClient, untilLast } from '../helpers/raw.ts'

const source = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url))

/** Serves `/slow` when it reads a line from its input, `/stray` by forgetting a promise, `/bug` by throwing out of reach. */
const program = `
  import { once } from 'node:events'
  import { listen } from ${source('server/listen.ts')}
  import { untilShutdown } from ${source('server/shutdown.ts')}
  import { createLog } from ${source('services/log.ts')}
  import { Status } from ${source('services/status.ts')}
  const log = createLog({ pretty: false })
  const handle = async (req, res) => {
    if (req.url === '/slow') { log.info('begun'); await once(process.stdin, 'data') }
    if (req.url === '/stray') Promise.reject(new Error('stray'))
    if (req.url === '/bug') setImmediate(() => { throw new Error('bug') })
    res.end('served')
  }
  const limits = { body: 1024, headers: 16384, headersTimeout: 10000, requestTimeout: 30000, connections: 100 }
  const server = await listen(handle, { host: '127.0.0.1', port: 0, limits, world: { log, randomId: () => 'made' }, bareHead() {} })
  const status = new Status()
  status.open()
  process.stdin.unref?.()
  log.info({ port: server.port }, 'listening')
  const keep = async () => log.info('kept')
  await untilShutdown({ server, status, log, keep, shutdown: { delay: 0, grace: 25000 } })
  log.info({ ready: status.ready }, 'ended')
  process.exit(0)
`

type Line = Readonly<Record<string, unknown>>

class Served {
  readonly child: ChildProcess
  readonly #lines: AsyncIterator<string>
  readonly exit: Promise<unknown[]>

  constructor() {
    this.child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['pipe', 'pipe', 'inherit'] })
    const output = this.child.stdout
    if (output === null) throw new Error('expected a pipe')
    this.#lines = createInterface(output)[Symbol.asyncIterator]()
    this.exit = once(this.child, 'exit')
  }

  /** Reads the log up to the line with this message. */
  async line(message: string): Promise<Line> {
    for (;;) {
      const { value, done } = await this.#lines.next()
      if (done) throw new Error(`the process ended before it said ${message}`)
      const line = JSON.parse(value)
      if (line.msg === message) return line
    }
  }

  /** All that is still said; the last lines of a process that ends at once may pass one that is being written. */
  async rest(): Promise<readonly Line[]> {
    const lines: Line[] = []
    for (let next = await this.#lines.next(); !next.done; next = await this.#lines.next())
      lines.push(JSON.parse(next.value))
    return lines
  }

  async connect(): Promise<RawClient> {
    return RawClient.connect(Number((await this.line('listening')).port))
  }
}

const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`drains on ${signal} and ends with status 0`, async (t) => {
    const served = new Served()
    const port = Number((await served.line('listening')).port)
    const [client, other] = [await RawClient.connect(port), await RawClient.connect(port)]
    client.send(request('/slow'))
    await served.line('begun')
    served.child.kill(signal)
    t.is((await served.line('draining; a second signal ends at once')).signal, signal)
    await untilLast(other, request('/'))
    served.child.stdin?.write('go\n')
    const { body, headers } = await client.answer()
    t.is(body, 'served')
    t.is(headers.get('connection'), 'close')
    t.is((await served.line('ended')).ready, false)
    t.deepEqual(await served.exit, [0, null])
  })
}

test('ends at once on a second signal', async (t) => {
  const served = new Served()
  const client = await served.connect()
  client.send(request('/slow'))
  await served.line('begun')
  served.child.kill('SIGTERM')
  await served.line('draining; a second signal ends at once')
  served.child.kill('SIGTERM')
  t.deepEqual(await served.exit, [1, null])
  await client.rest()
})

test('outlives a promise that a handler forgot', async (t) => {
  const served = new Served()
  const client = await served.connect()
  t.is((await client.send(request('/stray')).answer()).body, 'served')
  await served.line('a promise was rejected and nobody awaited it')
  t.is((await client.send(request('/')).answer()).body, 'served')
  served.child.kill('SIGTERM')
  t.deepEqual(await served.exit, [0, null])
  client.socket.destroy()
})

test('logs an error that nobody could catch, has kept what must not be lost, and ends with status 1', async (t) => {
  const served = new Served()
  const client = await served.connect()
  client.send(request('/bug'))
  const lines = await served.rest()
  const line = lines.find(({ msg }) => msg === 'unexpected error; the server ends')
  t.like(line, { level: 'error', err: { message: 'bug' } })
  t.true(lines.some(({ msg }) => msg === 'kept'))
  t.deepEqual(await served.exit, [1, null])
  await client.rest()
})
