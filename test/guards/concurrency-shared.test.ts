/** `concurrency` with `shared`: several gates over one Redis, counted at the upstream. */

import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { Redis } from 'ioredis'
import { type Gate, openGate } from '../helpers/gate.ts'
import { HeldServer } from '../helpers/held-server.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { until } from '../helpers/until.ts'

const limit = 'shop/all'

interface Given {
  /** Of the route. */
  readonly more?: string
  readonly settings?: string
}

/** Where Redis is to answer every time, it has as long as a busy machine may take. */
const policyOf = (
  redis: RedisServer,
  upstream: HeldServer,
  block: string,
  { more, settings }: Given = {},
) => `service: shop
settings: { state: { url: 'redis://127.0.0.1:${redis.port}', ${settings ?? 'deadline: 5s'} }, audit: off }
upstream: ${upstream.url}
defaults:
  authenticate: public
  concurrency: ${block}
routes:
  GET /*rest: { ${more ?? 'timeout: 20s'}, input: { query: any } }
`

class Gates {
  readonly redis: RedisServer
  readonly upstream: HeldServer
  readonly gates: readonly Gate[]
  readonly store: Redis

  static async open(t: ExecutionContext, count: number, block: string, given: Given = {}): Promise<Gates> {
    const [redis, upstream] = await Promise.all([startRedis(t), HeldServer.start(t)])
    const policy = policyOf(redis, upstream, block, given)
    const gates = await Promise.all(Array.from({ length: count }, () => openGate({ 'shop.yaml': policy })))
    for (const gate of gates) t.teardown(() => gate.close())
    const store = new Redis({ port: redis.port, retryStrategy: () => 20, maxRetriesPerRequest: null })
    store.on('error', () => {})
    t.teardown(() => store.disconnect())
    return new Gates(redis, upstream, gates, store)
  }

  constructor(redis: RedisServer, upstream: HeldServer, gates: readonly Gate[], store: Redis) {
    this.redis = redis
    this.upstream = upstream
    this.gates = gates
    this.store = store
  }

  call(gate: number, path = '/') {
    return (this.gates[gate % this.gates.length] as Gate).call('GET', path)
  }

  tally(gate: number) {
    return (this.gates[gate] as Gate).world.metrics.slotTally(limit)
  }

  /** Over all gates. */
  sum(name: 'inUse' | 'waiting' | 'full' | 'late' | 'alone'): number {
    return this.gates.reduce((sum, _, index) => sum + this.tally(index)[name], 0)
  }

  /** How many Redis knows to hold a slot, or to wait for one. */
  async known(part: 'held' | 'queue'): Promise<number> {
    const [key] = await this.store.keys(`*:slots:*:${part}`)
    return key === undefined ? 0 : this.store.zcard(key)
  }

  /** A request that the test can break off. */
  send(gate: number, path: string): () => Promise<void> {
    const sending = request({ port: this.gates[gate]?.port, path, agent: false })
    const gone = new Promise<void>((closed) => sending.once('close', closed))
    sending.on('error', () => undefined).end()
    return async () => {
      sending.destroy()
      await gone
    }
  }
}

const statusOf = async (replies: readonly Promise<{ readonly status: number }>[]): Promise<readonly number[]> =>
  (await Promise.all(replies)).map(({ status }) => status)

test('never more than `max` are at the destination, of two hundred at once over four gates', async (t) => {
  const gates = await Gates.open(t, 4, '{ max: 5, queue: 200, wait: 1m, shared: true }')
  gates.upstream.delay = 5
  const replies = await statusOf(Array.from({ length: 200 }, (_, index) => gates.call(index, `/${index}`)))
  t.deepEqual(new Set(replies), new Set([200]))
  t.is(gates.upstream.most, 5)
  t.is(gates.upstream.seen.length, 200)
  await until(async () => gates.sum('inUse') === 0 && (await gates.known('held')) === 0)
  for (const name of ['waiting', 'full', 'late', 'alone'] as const) t.is(gates.sum(name), 0, name)
})

test('who finds neither a slot nor a place anywhere is refused, and told when to come back', async (t) => {
  const gates = await Gates.open(t, 2, '{ max: 2, queue: 3, wait: 20500ms, shared: true }')
  const taken = [0, 1, 0, 1, 0].map((gate) => gates.call(gate))
  await until(async () => (await gates.known('queue')) === 3)
  for (const gate of [0, 1]) {
    const refused = await gates.call(gate)
    t.is(refused.status, 503)
    t.like(JSON.parse(refused.body), { code: 'overloaded' })
    t.is(refused.headers['retry-after'], '21')
    t.false(refused.body.includes(limit))
    t.like(gates.tally(gate), { full: 1, late: 0 })
  }
  for (const _ of taken) await gates.upstream.answer()
  t.deepEqual(new Set(await statusOf(taken)), new Set([200]))
})

test('without a queue nobody waits for another gate', async (t) => {
  const gates = await Gates.open(t, 2, '{ max: 1, shared: true }')
  const first = gates.call(0)
  await until(() => gates.upstream.held.length === 1)
  t.is((await gates.call(1)).status, 503)
  await gates.upstream.answer()
  t.is((await first).status, 200)
  await until(async () => (await gates.known('held')) === 0)
  const next = gates.call(1)
  await gates.upstream.answer()
  t.is((await next).status, 200)
})

test('a wait that is over is refused, and takes no slot later', async (t) => {
  const gates = await Gates.open(t, 2, '{ max: 1, queue: 5, wait: 1500ms, shared: true }')
  const first = gates.call(0)
  await until(() => gates.upstream.held.length === 1)
  const started = performance.now()
  const late = await gates.call(1, '/late')
  t.true(performance.now() - started >= 1_499)
  t.is(late.status, 503)
  t.is(late.headers['retry-after'], '2')
  t.like(gates.tally(1), { inUse: 0, waiting: 0, late: 1, full: 0 })
  await gates.upstream.answer()
  await first
  await until(async () => (await gates.known('held')) + (await gates.known('queue')) === 0)
  t.deepEqual(gates.upstream.seen, ['/'])
})

test('who waits is served in the order of coming, over all gates', async (t) => {
  const gates = await Gates.open(t, 3, '{ max: 1, queue: 50, wait: 1m, shared: true }')
  const paths = Array.from({ length: 21 }, (_, index) => `/${index}`)
  const sent: Promise<{ readonly status: number }>[] = []
  for (const [index, path] of paths.entries()) {
    sent.push(gates.call(index * 2, path))
    await until(async () => (await gates.known('held')) + (await gates.known('queue')) === index + 1)
  }
  for (const _ of paths) await gates.upstream.answer()
  await Promise.all(sent)
  t.deepEqual(gates.upstream.seen, paths)
  t.is(gates.upstream.most, 1)
})

test('a client that goes away leaves the queue at once, and never reaches the destination', async (t) => {
  const gates = await Gates.open(t, 2, '{ max: 1, queue: 2, wait: 1m, shared: true }')
  const first = gates.call(0, '/first')
  await until(() => gates.upstream.held.length === 1)
  const leave = gates.send(1, '/gone')
  await until(async () => (await gates.known('queue')) === 1)
  const third = gates.call(0, '/third')
  await until(async () => (await gates.known('queue')) === 2)
  await leave()
  await until(async () => (await gates.known('queue')) === 1)
  const fourth = gates.call(1, '/fourth')
  await until(async () => (await gates.known('queue')) === 2)
  for (let index = 0; index < 3; index++) await gates.upstream.answer()
  t.deepEqual(await statusOf([first, third, fourth]), [200, 200, 200])
  t.deepEqual(gates.upstream.seen, ['/first', '/third', '/fourth'])
})

test('a client that goes away in flight gives its slot to the next, on another gate', async (t) => {
  const gates = await Gates.open(t, 2, '{ max: 1, queue: 2, wait: 1m, shared: true }')
  const leave = gates.send(0, '/gone')
  await until(() => gates.upstream.held.length === 1)
  const next = gates.call(1, '/next')
  await until(async () => (await gates.known('queue')) === 1)
  await leave()
  await until(() => gates.upstream.seen.length === 2 && gates.upstream.held.length === 1)
  await gates.upstream.answer()
  t.is((await next).status, 200)
  await until(async () => (await gates.known('held')) === 0)
})

test('clients that go away at any moment take no slot with them', async (t) => {
  const gates = await Gates.open(t, 2, '{ max: 3, queue: 100, wait: 1m, shared: true }')
  gates.upstream.delay = 3
  const leaving = Array.from({ length: 60 }, async (_, index) => {
    const leave = gates.send(index % 2, `/${index}`)
    await new Promise((over) => setTimeout(over, Math.random() * 60))
    await leave()
  })
  await Promise.all(leaving)
  await until(async () => gates.sum('inUse') + gates.sum('waiting') === 0 && (await gates.known('held')) === 0)
  gates.upstream.delay = undefined
  await until(() => gates.upstream.now === 0)
  const three = [0, 1, 0].map((gate) => gates.call(gate))
  await until(() => gates.upstream.held.length === 3)
  for (const _ of three) await gates.upstream.answer()
  t.deepEqual(await statusOf(three), [200, 200, 200])
})

test('a destination that hangs gives its slot back with the 504, exactly once', async (t) => {
  const more = 'timeout: 200ms'
  const gates = await Gates.open(t, 2, '{ max: 2, queue: 10, wait: 1m, shared: true }', { more })
  const replies = await statusOf(Array.from({ length: 8 }, (_, index) => gates.call(index)))
  t.deepEqual(new Set(replies), new Set([504]))
  await until(async () => gates.sum('inUse') === 0 && (await gates.known('held')) === 0)
  t.deepEqual(await gates.store.keys('*:slots:*'), [])
})

test('a reload forgets neither who holds a slot nor who waits, and its `max` holds at once', async (t) => {
  const gates = await Gates.open(t, 2, '{ max: 1, queue: 9, wait: 1m, shared: true }')
  const renew = async (gate: number, block: string) => {
    const { directory, reload } = gates.gates[gate] as Gate
    writeFileSync(join(directory, 'shop.yaml'), policyOf(gates.redis, gates.upstream, block))
    await reload()
  }
  const sent = [gates.call(0, '/1')]
  await until(() => gates.upstream.held.length === 1)
  sent.push(gates.call(1, '/2'))
  await until(async () => (await gates.known('queue')) === 1)
  for (const gate of [0, 1]) await renew(gate, '{ max: 3, queue: 9, wait: 1m, shared: true }')
  sent.push(gates.call(1, '/3'))
  await until(() => gates.upstream.held.length === 3)
  await renew(0, '{ max: 1, queue: 0, shared: true }')
  t.is((await gates.call(0)).status, 503)
  for (const _ of sent) await gates.upstream.answer()
  t.deepEqual(await statusOf(sent), [200, 200, 200])
})

test('under reportOnly nobody waits and nobody is refused; it is counted', async (t) => {
  const more = 'reportOnly: [concurrency], because: to see'
  const gates = await Gates.open(t, 2, '{ max: 1, queue: 9, wait: 1m, shared: true }', { more })
  const first = gates.call(0)
  await until(() => gates.upstream.held.length === 1)
  const others = [gates.call(1), gates.call(0)]
  await until(() => gates.upstream.held.length === 3)
  t.is(gates.sum('full'), 2)
  t.is(await gates.known('held'), 1)
  for (let index = 0; index < 3; index++) await gates.upstream.answer()
  t.deepEqual(await statusOf([first, ...others]), [200, 200, 200])
})

test('blocks without `shared` are of each gate, and ask Redis nothing', async (t) => {
  const gates = await Gates.open(t, 2, '{ max: 1 }')
  const sent = [gates.call(0), gates.call(1)]
  await until(() => gates.upstream.held.length === 2)
  t.is((await gates.call(0)).status, 503)
  t.deepEqual(await gates.store.keys('*:slots:*'), [])
  for (const _ of sent) await gates.upstream.answer()
  t.deepEqual(await statusOf(sent), [200, 200])
})

test('metrics tell what each gate holds, and what it decided alone', async (t) => {
  const gates = await Gates.open(t, 2, '{ max: 1, queue: 1, wait: 1m, shared: true }')
  const first = gates.call(0)
  await until(() => gates.upstream.held.length === 1)
  const second = gates.call(1)
  await until(() => gates.tally(1).waiting === 1)
  const texts = await Promise.all(gates.gates.map(({ world }) => world.metrics.expose()))
  for (const [index, { text }] of texts.entries())
    for (const line of [
      `portcullis_concurrency_in_use{limit="shop/all"} ${1 - index}`,
      `portcullis_concurrency_waiting{limit="shop/all"} ${index}`,
      'portcullis_concurrency_fallbacks_total{limit="shop/all"} 0',
    ])
      t.true(text.includes(`\n${line}\n`), line)
  for (let index = 0; index < 2; index++) await gates.upstream.answer()
  await Promise.all([first, second])
})

test('while Redis is gone each gate gives its share and waits end in time; later all share again', async (t) => {
  const gates = await Gates.open(t, 2, '{ max: 4, queue: 2, wait: 1s, shared: true }', {
    settings: 'nodes: 2, deadline: 5s',
  })
  const { upstream, redis } = gates
  const held = Array.from({ length: 4 }, () => gates.call(0))
  await until(() => upstream.held.length === 4)
  await redis.kill()
  const alone = [gates.call(1, '/alone'), gates.call(1, '/alone')]
  await until(() => upstream.held.length === 6)
  const late = await gates.call(1, '/late')
  t.is(late.status, 503)
  t.is((await gates.call(0, '/late')).status, 503)
  t.true(gates.sum('late') >= 2 && gates.sum('alone') >= 2)
  await redis.start()
  await until(async () => (await gates.known('held')) === 6)
  t.is((await gates.call(1, '/late')).status, 503)
  for (let index = 0; index < 3; index++) await upstream.answer()
  await until(async () => (await gates.known('held')) === 3)
  const last = gates.call(1, '/last')
  await until(() => upstream.held.length === 4)
  t.is((await gates.call(0, '/late')).status, 503)
  for (let index = 0; index < 4; index++) await upstream.answer()
  t.deepEqual(new Set(await statusOf([...held, ...alone, last])), new Set([200]))
  t.false(upstream.seen.includes('/late'))
})

test('without Redis, and with nobody to share with, `shared` is as good as its own process', async (t) => {
  const upstream = await HeldServer.start(t)
  const gate = await openGate({
    'shop.yaml': `service: shop
upstream: ${upstream.url}
routes:
  GET /: { authenticate: public, concurrency: { max: 1, shared: true } }
`,
  })
  t.teardown(() => gate.close())
  const first = gate.call('GET', '/')
  await until(() => upstream.held.length === 1)
  t.is((await gate.call('GET', '/')).status, 503)
  await upstream.answer()
  t.is((await first).status, 200)
})
