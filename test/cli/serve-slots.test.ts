/** Four nodes that share their slots over one Redis, each a `serve` of its own, counted at the upstream. */

import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { Redis } from 'ioredis'
import { type Served, serveCommand } from '../helpers/command.ts'
import { writePolicies } from '../helpers/gate.ts'
import { HeldServer } from '../helpers/held-server.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { until } from '../helpers/until.ts'

interface Reply {
  readonly status: number
  readonly milliseconds: number
}

const statuses = (replies: readonly Reply[]): readonly number[] =>
  [...new Set(replies.map(({ status }) => status))].sort()

class Nodes {
  readonly redis: RedisServer
  readonly upstream: HeldServer
  readonly served: Served[]
  readonly #store: Redis
  readonly #agent = new Agent({ keepAlive: true })

  /** Where Redis is to answer every time, it has as long as a busy machine may take. */
  static async start(t: ExecutionContext, block: string, deadline = '5s'): Promise<Nodes> {
    const [redis, upstream] = await Promise.all([startRedis(t), HeldServer.start(t)])
    const directory = writePolicies({
      'a.yaml': `settings: { state: { url: 'redis://127.0.0.1:${redis.port}', nodes: 4, deadline: ${deadline} }, audit: off }
routes:
  GET /ready: { authenticate: public, builtin: ready }
  GET /held:
    authenticate: public
    timeout: 60s
    concurrency: ${block}
    upstream: ${upstream.url}
`,
    })
    const served = await Promise.all([0, 1, 2, 3].map(() => serveCommand([directory])))
    t.teardown(() => {
      for (const { child } of served) child.kill('SIGKILL')
    })
    const store = new Redis({ port: redis.port, retryStrategy: () => 20, maxRetriesPerRequest: null })
    store.on('error', () => {})
    t.teardown(() => store.disconnect())
    return new Nodes(redis, upstream, served, store)
  }

  constructor(redis: RedisServer, upstream: HeldServer, served: Served[], store: Redis) {
    this.redis = redis
    this.upstream = upstream
    this.served = served
    this.#store = store
  }

  /** Rejects where the node is gone. */
  call(node: number): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>()
    const sent = performance.now()
    request(`${this.served[node % 4]?.url}/held`, { agent: this.#agent }, (incoming) => {
      incoming.resume().once('error', reject)
      incoming.once('end', () => resolve({ status: incoming.statusCode ?? 0, milliseconds: performance.now() - sent }))
    })
      .once('error', reject)
      .end()
    return promise
  }

  /** Calls all nodes in parallel, again and again, until it is told to end; resolves with every reply. */
  load(clients: number) {
    let isOver = false
    const replies: Reply[] = []
    const client = async (index: number): Promise<void> => {
      while (!isOver) replies.push(await this.call(index))
    }
    const all = Array.from({ length: clients }, (_, index) => client(index))
    const end = async (): Promise<readonly Reply[]> => {
      isOver = true
      await Promise.all(all)
      return replies
    }
    return { replies, end }
  }

  /** How many Redis knows to hold a slot, or to wait for one. */
  async known(part: 'held' | 'queue'): Promise<number> {
    const [key] = await this.#store.keys(`*:slots:*:${part}`)
    return key === undefined ? 0 : this.#store.zcard(key)
  }

  /** Until every node says the same of itself. */
  async whenAll(status: string): Promise<void> {
    const readiness = async ({ url }: Served) => JSON.parse(await (await fetch(`${url}/ready`)).text()).status
    for (const served of this.served) while ((await readiness(served)) !== status);
  }
}

/** Sees that so many slots are there, and not one more. */
async function checkSlots(t: ExecutionContext, nodes: Nodes, max: number): Promise<void> {
  const { upstream } = nodes
  upstream.delay = undefined
  const all = Array.from({ length: max + 1 }, (_, index) => nodes.call(index))
  await until(async () => upstream.held.length === max && (await nodes.known('queue')) === 1)
  t.is(await nodes.known('held'), max)
  for (const _ of all) await upstream.answer()
  t.deepEqual(statuses(await Promise.all(all)), [200])
}

test.serial('four nodes under load: never more than `max` at the upstream, and everyone has a turn', async (t) => {
  t.timeout(120_000)
  const nodes = await Nodes.start(t, '{ max: 6, queue: 1000, wait: 1m, shared: true }')
  nodes.upstream.delay = 5
  const replies = await Promise.all(Array.from({ length: 600 }, (_, index) => nodes.call(index)))
  t.deepEqual(statuses(replies), [200])
  t.is(nodes.upstream.most, 6)
  t.is(nodes.upstream.seen.length, 600)
  await until(async () => (await nodes.known('held')) + (await nodes.known('queue')) === 0)
})

test.serial('what is more than slots and places, over all nodes, is refused', async (t) => {
  t.timeout(120_000)
  const nodes = await Nodes.start(t, '{ max: 3, queue: 5, wait: 1m, shared: true }')
  const replies = Array.from({ length: 40 }, (_, index) => nodes.call(index))
  await until(() => nodes.upstream.held.length === 3)
  await until(async () => (await nodes.known('queue')) === 5)
  const refused: number[] = []
  for (const reply of replies) void reply.then(({ status }) => status === 503 && refused.push(status))
  await until(() => refused.length === 32)
  for (let index = 0; index < 8; index++) await nodes.upstream.answer()
  const found = await Promise.all(replies)
  t.is(found.filter(({ status }) => status === 200).length, 8)
  t.deepEqual(statuses(found), [200, 503])
  t.is(nodes.upstream.most, 3)
})

test.serial('the slots of a node that is killed are free when its leases are over, and not before', async (t) => {
  t.timeout(120_000)
  const nodes = await Nodes.start(t, '{ max: 4, queue: 10, wait: 30s, shared: true }')
  const lost = [nodes.call(3), nodes.call(3)].map((call) => call.catch(() => 'gone'))
  await until(() => nodes.upstream.held.length === 2)
  const kept = [nodes.call(0), nodes.call(1)]
  await until(() => nodes.upstream.held.length === 4)
  const waitedThere = nodes.call(3).catch(() => 'gone')
  await until(async () => (await nodes.known('queue')) === 1)
  nodes.served[3]?.child.kill('SIGKILL')
  t.deepEqual(await Promise.all([...lost, waitedThere]), ['gone', 'gone', 'gone'])
  await until(() => nodes.upstream.now === 2)
  const waiting = [nodes.call(0), nodes.call(2)]
  await until(async () => (await nodes.known('queue')) >= 2)
  t.is(nodes.upstream.now, 2)
  await until(() => nodes.upstream.now === 4)
  for (let index = 0; index < 4; index++) await nodes.upstream.answer()
  const replies = await Promise.all([...kept, ...waiting])
  t.deepEqual(statuses(replies), [200])
  t.is(nodes.upstream.most, 4)
  t.log(`${Math.round(replies[2]?.milliseconds ?? 0)} ms`)
})

test.serial('a node that is shut down takes no slot with it', async (t) => {
  t.timeout(120_000)
  const nodes = await Nodes.start(t, '{ max: 2, queue: 10, wait: 30s, shared: true }')
  const held = [nodes.call(0), nodes.call(0)]
  await until(() => nodes.upstream.held.length === 2)
  const waiting = nodes.call(1)
  await until(async () => (await nodes.known('queue')) === 1)
  const started = performance.now()
  const ended = nodes.served[0]?.end('SIGTERM')
  for (let index = 0; index < 3; index++) await nodes.upstream.answer()
  t.deepEqual(statuses(await Promise.all([...held, waiting])), [200])
  t.is((await ended)?.code, 0)
  t.is(await nodes.known('queue'), 0)
  await until(async () => (await nodes.known('held')) === 0)
  t.true(performance.now() - started < 8_000)
})

test.serial('while Redis stands still each node gives its share, nobody hangs, and all share again', async (t) => {
  t.timeout(180_000)
  const nodes = await Nodes.start(t, '{ max: 8, queue: 8, wait: 5s, shared: true }', '250ms')
  const { upstream, redis } = nodes
  upstream.delay = 20
  const before = nodes.load(24)
  await until(() => before.replies.length > 300)
  redis.freeze()
  await nodes.whenAll('degraded')
  await pause(1_500)
  upstream.most = 0
  const asked = before.replies.length
  await until(() => before.replies.slice(asked).filter(({ status }) => status === 200).length > 200)
  // Four shares of two are as many as all have together.
  t.true(upstream.most > 0 && upstream.most <= 8, `${upstream.most}`)
  redis.thaw()
  await nodes.whenAll('ready')
  const replies = await before.end()
  t.deepEqual(
    statuses(replies).filter((status) => status !== 200 && status !== 503),
    [],
  )
  t.true(Math.max(...replies.map(({ milliseconds }) => milliseconds)) < 10_000)
  await until(async () => upstream.now === 0 && (await nodes.known('held')) === 0)
  await checkSlots(t, nodes, 8)
})

test.serial('Redis that is killed under load, and comes back empty, costs no request and no slot', async (t) => {
  t.timeout(180_000)
  const nodes = await Nodes.start(t, '{ max: 8, queue: 100, wait: 30s, shared: true }', '250ms')
  const { upstream, redis } = nodes
  upstream.delay = 10
  const load = nodes.load(24)
  await until(() => load.replies.length > 200)
  await redis.kill()
  await nodes.whenAll('degraded')
  const away = load.replies.length
  await until(() => load.replies.length > away + 200)
  await redis.start()
  await nodes.whenAll('ready')
  const back = load.replies.length
  await until(() => load.replies.length > back + 200)
  t.deepEqual(statuses(await load.end()), [200])
  await until(async () => upstream.now === 0 && (await nodes.known('held')) === 0)
  await checkSlots(t, nodes, 8)
})
