/**
 * Very many reloads of `serve` under load: asked for by the admin listener, by SIGHUP, and by what is watched, a third each.
 * `RELOADS=1000` has it do more of them, and tells the figures.
 */

import { once } from 'node:events'
import { renameSync, writeFileSync } from 'node:fs'
import { Agent, createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Served, serveCommand } from '../helpers/command.ts'
import { writePolicies } from '../helpers/gate.ts'
import { type Held, probe, probed } from '../helpers/probe.ts'

const reloads = Number(process.env.RELOADS ?? 120)
const token = 'q7Vw2mZ0fXn5sRk8yB3tLcJ6hDpG9aEu'
const limit = 10_000_000

/** Answers at once, and `/slow` when it is told to. */
async function startUpstream(t: ExecutionContext) {
  const waiting: (() => void)[] = []
  const upstream = createServer((req, res) => {
    if (req.url !== '/slow') return void res.end('upstream')
    waiting.push(() => res.end('slow'))
    upstream.emit('slow')
  }).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  t.teardown(() => upstream.close().closeAllConnections())
  const { port } = upstream.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, arrived: () => once(upstream, 'slow'), release: () => waiting.shift()?.() }
}

const policies = (number: number, upstream: string, access: string) => `settings:
  admin: { port: 0, token: '\${secret:admin}' }
defaults: { authenticate: ${access} }
routes:
  GET /: { reply: { body: v${number} } }
  GET /metrics: { builtin: metrics }
  GET /limited:
    rateLimit: [{ name: all, by: all, limit: ${limit}, per: 1d, algorithm: sliding-window }]
    upstream: ${upstream}
    headers: { set: { X-Version: v${number} } }
  GET /slow: { upstream: '${upstream}', headers: { set: { X-Version: v${number} } } }
`

interface Answer {
  readonly status: number | undefined
  readonly version: string
  readonly remaining: number
  readonly body: string
}

function call(url: string, agent: Agent | false): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const read = (incoming: IncomingMessage) => {
    const { statusCode: status, headers } = incoming
    let body = ''
    incoming.on('data', (chunk) => {
      body += chunk
    })
    incoming.once('error', reject)
    incoming.once('end', () => {
      const [version, remaining] = [String(headers['x-version']), Number(headers['x-ratelimit-remaining'])]
      resolve({ status, version, remaining, body })
    })
  }
  request(url, { agent }, read).once('error', reject).end()
  return promise
}

/** Clients that call without a pause over connections that they keep, and others that open one for each call. */
class Load {
  readonly failures: string[] = []
  readonly versions = new Set<string>()
  calls = 0
  counted = 0
  lowest = Number.POSITIVE_INFINITY
  readonly #url: string
  readonly #agent = new Agent({ keepAlive: true })
  readonly #clients: readonly Promise<void>[]
  #isOver = false

  constructor(url: string) {
    this.#url = url
    this.#clients = ['/', '/limited', '/', '/limited', '/', '/limited'].map((path, index) =>
      this.#client(path, index < 4 ? this.#agent : false),
    )
  }

  async end(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#clients)
    this.#agent.destroy()
  }

  async #client(path: string, agent: Agent | false): Promise<void> {
    while (!this.#isOver) {
      await call(this.#url + path, agent).then(
        (answer) => this.#note(path, answer),
        (error) => this.failures.push(`${path} ${error}`),
      )
      // Each connection occupies a port of this machine for a minute after its end.
      if (agent === false) await new Promise((turn) => setTimeout(turn, 5))
    }
  }

  #note(path: string, { status, version, remaining, body }: Answer): void {
    this.calls++
    if (status !== 200) this.failures.push(`${path} ${status} ${body}`)
    this.versions.add(path === '/' ? body : version)
    if (path === '/') return
    this.counted++
    this.lowest = Math.min(this.lowest, remaining)
  }
}

/** What the process says, as it says it: to read all of it anew for each reload would take longer than the reloads. */
function listen({ child, logged }: Served) {
  const lines: Readonly<Record<string, unknown>>[] = [...logged()]
  let rest = ''
  child.stdout?.on('data', (chunk) => {
    const parts = `${rest}${chunk}`.split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts.map((line) => JSON.parse(line)))
  })
  const has = (from: number, holds: (text: string) => boolean) =>
    lines.slice(from).some(({ msg }) => holds(String(msg)))
  return {
    lines,
    /** Waits for a line after the first `from`. */
    async says(from: number, holds: (text: string) => boolean): Promise<void> {
      while (!has(from, holds) && child.stdout) await once(child.stdout, 'data')
    },
  }
}

type Way = 'admin' | 'signal' | 'watch'
const ways: readonly Way[] = ['admin', 'signal', 'watch']

test(`loses no request, no count and no memory over ${reloads} reloads under load, every tenth of them refused`, async (t) => {
  t.timeout(600_000)
  const upstream = await startUpstream(t)
  const directory = writePolicies({ 'a.yaml': policies(0, upstream.url, 'public') })
  const env = { ...probed, PORTCULLIS_SECRET_ADMIN: token }
  const served = await serveCommand([directory, '--watch'], { env })
  t.teardown(() => served.child.kill('SIGKILL'))
  const { lines, says } = listen(served)
  const admin = String(lines.find((line) => line.admin)?.admin)
  const isBroken = (number: number) => number % 10 === 0
  const write = (number: number) => {
    const access = isBroken(number) ? `publik${number}` : 'public'
    writeFileSync(join(directory, 'next'), policies(number, upstream.url, access))
    renameSync(join(directory, 'next'), join(directory, 'a.yaml'))
  }
  const isInForce = async (version: string) => (await call(served.url, false)).body === version

  const reload = async (number: number, way: Way) => {
    const from = lines.length
    write(number)
    if (way === 'admin') {
      const headers = { Authorization: `Bearer ${token}` }
      const answer = await fetch(`${admin}/reload`, { method: 'POST', headers })
      const { result, diagnostics = [] } = JSON.parse(await answer.text())
      if (isBroken(number)) t.regex(diagnostics[0]?.message, new RegExp(`publik${number}\``))
      else t.true(result === 'reloaded' || result === 'unchanged', result)
    } else {
      if (way === 'signal') served.child.kill('SIGHUP')
      const said = isBroken(number) ? `publik${number}\`` : 'policies reloaded'
      await says(from, (text) => text.includes(said))
    }
    if (!isBroken(number)) t.true(await isInForce(`v${number}`))
  }

  const load = new Load(served.url)
  t.teardown(() => load.end())
  let lastGood = 0
  let warm: Held = { heap: 0, listeners: 0, resources: [] }
  const began = performance.now()
  for (let number = 1; number <= reloads; number++) {
    const isFollowed = number % 12 === 0
    const arrived = isFollowed ? upstream.arrived() : undefined
    const slow = isFollowed ? call(`${served.url}/slow`, false) : undefined
    await arrived
    await reload(number, ways[Math.floor((3 * (number - 1)) / reloads)] ?? 'admin')
    if (slow) {
      upstream.release()
      t.like(await slow, { status: 200, body: 'slow', version: `v${lastGood}` })
    }
    if (!isBroken(number)) lastGood = number
    if (number === Math.ceil(reloads / 3)) warm = await probe(served)
  }
  const seconds = (performance.now() - began) / 1000
  const metrics = (await call(`${served.url}/metrics`, false)).body
  await load.end()
  const held = await probe(served)

  t.deepEqual(load.failures, [])
  t.is(load.lowest, limit - load.counted)
  t.is([...load.versions].filter((version) => Number(version.slice(1)) % 10 === 0 && version !== 'v0').length, 0)
  for (let number = 10; number <= reloads; number += 10) {
    const named = lines.filter(({ msg }) => String(msg).includes(`\`publik${number}\``))
    t.true(named.length > 0, `publik${number}`)
    t.like(named[0], { level: 'error', rule: 'policy/wrong-type' })
    t.regex(String(named[0]?.place), /a\.yaml:3:27$/)
  }
  const total = (result: string) =>
    Number(new RegExp(`portcullis_policy_reloads_total\\{result="${result}"\\} (\\d+)`).exec(metrics)?.[1])
  t.is(total('success'), reloads - Math.floor(reloads / 10))
  t.true(total('failure') >= Math.floor(reloads / 10))
  const growth = held.heap - warm.heap
  t.true(growth < 4 * 2 ** 20, `the heap grew by ${growth} bytes`)
  t.is(held.listeners, warm.listeners)
  t.true(held.resources.length <= warm.resources.length + 4, held.resources.join())
  if (process.env.RELOADS)
    t.log({ seconds, calls: load.calls, counted: load.counted, growth, warm, held, unchanged: total('unchanged') })
  t.is((await served.end('SIGTERM')).code, 0)
})
