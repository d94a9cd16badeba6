/**
 * Four nodes of one policy over one Redis, each a `serve` of its own; what they let through is counted at the upstream, in
 * this process, whose clock tells when a request was sent and when it arrived: it was decided on somewhere between the two.
 * `FREEZE=10000` has Redis stand still for so many milliseconds, and tells the figures.
 */

import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { type Served, serveCommand } from '../helpers/command.ts'
import { writePolicies } from '../helpers/gate.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'

const freeze = Number(process.env.FREEZE ?? 2_500)

/** A request that was let through, in milliseconds of this process. */
interface Passed {
  readonly sent: number
  readonly arrived: number
  readonly node: number
}

async function startUpstream(t: ExecutionContext) {
  const passed: Passed[] = []
  const upstream = createServer(({ headers }, res) => {
    passed.push({ sent: Number(headers['x-sent']), arrived: performance.now(), node: Number(headers['x-node']) })
    res.end()
  }).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  t.teardown(() => upstream.close().closeAllConnections())
  return { url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`, passed }
}

interface Reply {
  readonly status: number
  readonly milliseconds: number
}

/** Several nodes, and clients that call them in turn over connections that they keep. */
class Nodes {
  readonly passed: readonly Passed[]
  readonly redis: RedisServer
  readonly served: Served[]
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 32 })

  /** Where Redis is to answer every time, it has as long as a busy machine may take. */
  static async start(t: ExecutionContext, limits: string, deadline = '5s'): Promise<Nodes> {
    const count = 4
    const redis = await startRedis(t)
    const upstream = await startUpstream(t)
    const policy = `settings: { state: { url: 'redis://127.0.0.1:${redis.port}', nodes: ${count}, deadline: ${deadline} }, audit: off }
routes:
  GET /ready: { authenticate: public, builtin: ready }
  GET /limited:
    authenticate: public
    rateLimit: [${limits}]
    upstream: ${upstream.url}
`
    const directory = writePolicies({ 'a.yaml': policy })
    const served = await Promise.all(Array.from({ length: count }, () => serveCommand([directory])))
    t.teardown(() => {
      for (const { child } of served) child.kill('SIGKILL')
    })
    return new Nodes(redis, served, upstream.passed)
  }

  constructor(redis: RedisServer, served: Served[], passed: readonly Passed[]) {
    this.redis = redis
    this.served = served
    this.passed = passed
  }

  call(node: number, key = 'all', path = '/limited'): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>()
    const sent = performance.now()
    const headers = { 'X-Sent': sent, 'X-Node': node, 'X-Key': key }
    request(`${this.served[node]?.url}${path}`, { agent: this.#agent, headers }, (incoming) => {
      incoming.resume().once('error', reject)
      incoming.once('end', () => resolve({ status: incoming.statusCode ?? 0, milliseconds: performance.now() - sent }))
    })
      .once('error', reject)
      .end()
    return promise
  }

  /** Calls all nodes in parallel, again and again, until it is told to end; resolves with every reply. */
  load(clients: number, key: (client: number) => string = () => 'all') {
    let isOver = false
    const replies: Reply[] = []
    const failures: string[] = []
    const client = async (index: number): Promise<void> => {
      const node = index % this.served.length
      while (!isOver && this.served[node] !== undefined) {
        await this.call(node, key(index)).then(
          (reply) => replies.push(reply),
          (error) => failures.push(`${node}: ${error}`),
        )
        if (this.served[node]?.child.exitCode !== null || this.served[node]?.child.killed) return
      }
    }
    const all = Array.from({ length: clients }, (_, index) => client(index))
    const end = async () => {
      isOver = true
      await Promise.all(all)
      return { replies, failures }
    }
    return { replies, end }
  }

  async readiness(node: number): Promise<string> {
    return JSON.parse(await (await fetch(`${this.served[node]?.url}/ready`)).text()).status
  }

  /** Until every node says the same of itself. */
  async whenAll(status: string): Promise<void> {
    for (const node of this.served.keys()) while ((await this.readiness(node)) !== status);
  }
}

const statuses = (replies: readonly Reply[]): readonly number[] =>
  [...new Set(replies.map(({ status }) => status))].sort()

const p99 = (replies: readonly Reply[]): number => {
  const sorted = replies.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b)
  return Math.round(sorted[Math.floor(sorted.length * 0.99)] ?? 0)
}

/** The most that were certainly decided on within one window of so many milliseconds, wherever it begins. */
function mostWithin(passed: readonly Passed[], milliseconds: number): number {
  const within = ({ sent }: Passed) =>
    passed.filter((other) => other.sent >= sent && other.arrived < sent + milliseconds).length
  return Math.max(...passed.map(within))
}

for (const algorithm of ['token-bucket', 'sliding-window'])
  test.serial(
    `ten times the limit at once over four nodes: exactly the limit is admitted (${algorithm})`,
    async (t) => {
      t.timeout(120_000)
      const limit = 150
      const nodes = await Nodes.start(t, `{ by: all, limit: ${limit}, per: 1d, algorithm: ${algorithm} }`)
      const replies = await Promise.all(Array.from({ length: limit * 10 }, (_, index) => nodes.call(index % 4)))
      t.is(nodes.passed.length, limit)
      t.is(replies.filter(({ status }) => status === 200).length, limit)
      t.deepEqual(statuses(replies), [200, 429])
      t.deepEqual([...new Set(nodes.passed.map(({ node }) => node))].length, 4)
    },
  )

test.serial('no window of a sliding window holds more than its limit, over four nodes', async (t) => {
  t.timeout(120_000)
  const nodes = await Nodes.start(t, '{ by: all, limit: 40, per: 1s, algorithm: sliding-window }')
  const load = nodes.load(32)
  // As many as three windows hold, and more.
  while (nodes.passed.length <= 120) await pause(1)
  t.deepEqual(statuses((await load.end()).replies), [200, 429])
  t.true(mostWithin(nodes.passed, 1_000) <= 40, `${mostWithin(nodes.passed, 1_000)}`)
})

test.serial('a token bucket never gives more than burst and rate allow, over four nodes', async (t) => {
  t.timeout(120_000)
  const nodes = await Nodes.start(t, '{ by: all, limit: 50, per: 1s, burst: 20 }')
  const load = nodes.load(32)
  // As many as burst and rate give in three seconds.
  while (nodes.passed.length <= 165) await pause(1)
  t.deepEqual(statuses((await load.end()).replies), [200, 429])
  for (const milliseconds of [100, 300, 1_000, 2_000, 3_000]) {
    const most = mostWithin(nodes.passed, milliseconds)
    t.true(most <= 20 + milliseconds / 20, `${most} in ${milliseconds} ms`)
  }
})

test.serial('a node that is killed under load takes no count with it, and the others go on', async (t) => {
  t.timeout(120_000)
  const limit = 5_000
  const nodes = await Nodes.start(t, `{ by: all, limit: ${limit}, per: 1d, algorithm: sliding-window }`)
  const load = nodes.load(32)
  while (nodes.passed.length < 500) await pause(1)
  const [killed] = nodes.served.splice(3, 1)
  killed?.child.kill('SIGKILL')
  while (nodes.passed.length < 2_000) await pause(1)
  const { replies, failures } = await load.end()
  t.deepEqual(statuses(replies), [200])
  t.true(failures.every((failure) => failure.startsWith('3:')))
  const rest = await Promise.all(Array.from({ length: limit }, (_, index) => nodes.call(index % 3)))
  t.deepEqual(statuses(rest), [200, 429])
  // What the killed node was about to do was charged, and is lost with it.
  t.true(nodes.passed.length <= limit && nodes.passed.length > limit - 32, `${nodes.passed.length}`)
})

test.serial(
  'while Redis stands still nobody is refused for it, each node holds to its share, and all share again',
  async (t) => {
    t.timeout(180_000)
    const limit = 400
    const byKey = `{ by: '\${headers.x-key}', name: key, limit: ${limit}, per: 1d, algorithm: sliding-window }`
    const nodes = await Nodes.start(t, byKey, '500ms')
    const before = nodes.load(32, (client) => `before${client}`)
    await pause(1_000)
    const normal = await before.end()
    nodes.redis.freeze()
    const alone = nodes.passed.length
    // A key that no node has heard of: what Redis said last of one holds while it is silent.
    const during = nodes.load(32, () => 'during')
    await pause(freeze)
    const frozen = await during.end()
    const byNode = Map.groupBy(nodes.passed.slice(alone), ({ node }) => node)
    t.deepEqual(
      [...byNode.values()].map(({ length }) => length),
      [0, 1, 2, 3].map(() => limit / 4),
    )
    const later = nodes.load(32, (client) => `later${client}`)
    nodes.redis.thaw()
    const began = performance.now()
    await nodes.whenAll('ready')
    const back = performance.now() - began
    const thawed = await later.end()
    const shared = nodes.passed.length
    await Promise.all(Array.from({ length: limit * 2 }, (_, index) => nodes.call(index % 4, 'after')))
    t.is(nodes.passed.length - shared, limit)
    t.deepEqual(
      [normal, frozen, thawed].map(({ failures }) => failures),
      [[], [], []],
    )
    t.deepEqual(
      [frozen, thawed].flatMap(({ replies }) => statuses(replies)).filter((status) => status >= 500),
      [],
    )
    if (process.env.FREEZE)
      t.log({ back: Math.round(back), p99: [normal, frozen, thawed].map(({ replies }) => p99(replies)) })
  },
)

test.serial('Redis killed, flushed and started again under load is ordinary', async (t) => {
  t.timeout(180_000)
  const nodes = await Nodes.start(t, "{ by: '${headers.x-key}', name: key, limit: 1000000, per: 1d }", '50ms')
  const load = nodes.load(32, (client) => `key${client}`)
  while (nodes.passed.length < 300) await pause(1)
  await nodes.redis.kill()
  await nodes.whenAll('degraded')
  const away = nodes.passed.length
  while (nodes.passed.length < away + 300) await pause(1)
  await nodes.redis.start()
  await nodes.whenAll('ready')
  const back = nodes.passed.length
  while (nodes.passed.length < back + 300) await pause(1)
  const { replies, failures } = await load.end()
  t.deepEqual(failures, [])
  t.deepEqual(statuses(replies), [200])
})
