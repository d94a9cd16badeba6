import test from 'ava'
import type { Ticket } from '../../../../src/services/counters/slots.ts'
import { startRedis } from '../../../helpers/redis-server.ts'
import { until } from '../../../helpers/until.ts'
import { fateOf, nodeOf, nodesOf, twoNodesOf } from './nodes.ts'

const pause = (milliseconds: number) => new Promise((over) => setTimeout(over, milliseconds))

test('never more than `max` hold a slot, whichever nodes they ask, and all have their turn', async (t) => {
  const { port } = await startRedis(t)
  const nodes = await nodesOf(t, port, 4)
  let [now, most, done] = [0, 0, 0]
  const work = async (ticket: Ticket) => {
    t.true(await ticket.turn)
    most = Math.max(most, ++now)
    await pause(Math.random() * 8)
    now--
    done++
    ticket.giveBack()
  }
  await Promise.all(
    Array.from({ length: 200 }, (_, index) => nodes[index % 4]?.take({ max: 7, queue: 500 }) as Ticket).map(work),
  )
  t.is(most, 7)
  t.is(done, 200)
  await until(() => nodes.every(({ pool }) => pool.size === 0))
  for (const { tally } of nodes) t.like(tally, { inUse: 0, waiting: 0, full: 0, late: 0, alone: 0 })
  t.deepEqual(await nodes[0]?.redis.keys('*'), [])
})

test('slots go to who came first, on whatever node', async (t) => {
  const { port } = await startRedis(t)
  const nodes = await nodesOf(t, port, 3)
  const holder = nodes[0]?.take()
  await holder?.turn
  const order: number[] = []
  for (let index = 0; index < 24; index++) {
    const ticket = nodes[(index * 7) % 3]?.take({ queue: 100 })
    void ticket?.turn?.then(() => {
      order.push(index)
      ticket.giveBack()
    })
    await until(() => nodes.reduce((sum, { tally }) => sum + tally.waiting, 0) > index)
  }
  holder?.giveBack()
  await until(() => order.length === 24)
  t.deepEqual(
    order,
    Array.from({ length: 24 }, (_, index) => index),
  )
})

test('places in the queue are those of all nodes; who finds none is told so at once', async (t) => {
  const { port } = await startRedis(t)
  const [a, b] = await twoNodesOf(t, port)
  const holder = a.take({ queue: 2 })
  t.is(await fateOf(holder), 'held')
  const waiting = [a.take({ queue: 2 }), b.take({ queue: 2 })]
  await until(() => a.tally.waiting + b.tally.waiting === 2)
  t.is(await fateOf(b.take({ queue: 2 })), 'full')
  t.is(await fateOf(a.take({ queue: 0 })), 'full')
  t.is(a.tally.full + b.tally.full, 2)
  t.is(await fateOf(b.take({ queue: 0 }, 'other')), 'held')
  waiting[0]?.giveBack()
  t.is(await fateOf(waiting[0] as Ticket), 'over')
  const [queue = ''] = await a.redis.keys('*:queue')
  await until(async () => (await a.redis.zcard(queue)) === 1)
  const last = b.take({ queue: 2 })
  await until(() => b.tally.waiting === 2)
  holder.giveBack()
  t.is(await fateOf(waiting[1] as Ticket), 'held')
  waiting[1]?.giveBack()
  t.is(await fateOf(last), 'held')
})

test('a wait that is over leaves the queue, and takes no slot later', async (t) => {
  const { port } = await startRedis(t)
  const [a, b] = await twoNodesOf(t, port)
  const holder = a.take()
  await holder.turn
  t.is(await fateOf(b.take({ wait: 60 })), 'over')
  t.like(b.tally, { late: 1, waiting: 0 })
  holder.giveBack()
  t.is(await fateOf(a.take()), 'held')
})

test('given back before Redis has answered, and twice, is given back once', async (t) => {
  const { port } = await startRedis(t)
  const [a, b] = await twoNodesOf(t, port)
  const tickets = Array.from({ length: 50 }, () => a.take({ max: 3 }))
  for (const [index, ticket] of tickets.entries()) {
    if (index % 2 === 0) setImmediate(() => ticket.giveBack())
    ticket.giveBack()
    ticket.giveBack()
  }
  await until(() => a.pool.size === 0)
  const three = [b.take({ max: 3, queue: 0 }), b.take({ max: 3, queue: 0 }), a.take({ max: 3, queue: 0 })]
  t.deepEqual(await Promise.all(three.map(fateOf)), ['held', 'held', 'held'])
  t.is(await fateOf(a.take({ max: 3, queue: 0 })), 'full')
})

test('another `max` holds from its first request on, on all nodes that know it', async (t) => {
  const { port } = await startRedis(t)
  const [a, b] = await twoNodesOf(t, port)
  const [first, second] = [a.take({ max: 1 }), a.take({ max: 1 })]
  await first.turn
  await until(() => a.tally.waiting === 1)
  t.is(await fateOf(b.take({ max: 3 })), 'held')
  t.is(a.tally.waiting, 1)
  const fourth = a.take({ max: 4 })
  t.deepEqual(await Promise.all([second, fourth].map(fateOf)), ['held', 'held'])
  t.is(await fateOf(b.take({ max: 1, queue: 0 })), 'full')
})

test('who waits has a slot soon after another node gives one back', async (t) => {
  const { port } = await startRedis(t)
  const [a, b] = await twoNodesOf(t, port)
  const rounds: number[] = []
  for (let index = 0; index < 20; index++) {
    const holder = a.take()
    await holder.turn
    const next = b.take()
    await until(() => b.tally.waiting === 1)
    const given = performance.now()
    holder.giveBack()
    t.true(await next.turn)
    rounds.push(performance.now() - given)
    next.giveBack()
  }
  t.log(`${rounds.sort((one, other) => one - other)[10]?.toFixed(1)} ms`)
})

test('a thousand who wait on each of two nodes are served in order, though Redis loses the queue', async (t) => {
  const { port } = await startRedis(t)
  const [a, b] = await twoNodesOf(t, port)
  const served: string[] = []
  const holder = a.take({ max: 20, queue: 5_000 })
  await holder.turn
  const ask = (node: typeof a, name: string) =>
    Array.from({ length: 1_000 }, async (_, index) => {
      const ticket = node.take({ max: 20, queue: 5_000 })
      t.true(await ticket.turn)
      served.push(`${name}${index}`)
      ticket.giveBack()
    })
  const all = [...ask(a, 'a'), ...ask(b, 'b')]
  await until(() => served.length > 100)
  await a.redis.flushall()
  await Promise.all(all)
  for (const name of ['a', 'b']) {
    const own = served.filter((each) => each.startsWith(name)).map((each) => Number(each.slice(1)))
    t.deepEqual(
      own,
      [...own].sort((one, other) => one - other),
    )
  }
  holder.giveBack()
})

test('three thousand keys are held for longer than a lease, and none is lost', async (t) => {
  const { port } = await startRedis(t)
  const node = await nodeOf(t, port, { life: 6_000 })
  const tickets = Array.from({ length: 3_000 }, (_, index) => node.take({}, `${index}`))
  await Promise.all(tickets.map(({ turn }) => turn))
  await pause(7_000)
  t.is((await node.redis.keys('*:held')).length, 3_000)
  for (const ticket of tickets) ticket.giveBack()
  await until(() => node.pool.size === 0)
  t.is(await node.redis.dbsize(), 0)
})

test('a limit that is not shared counts this node alone', async (t) => {
  const { port } = await startRedis(t)
  const [a, b] = await twoNodesOf(t, port)
  const terms = { max: 1, queue: 0, wait: 1 }
  for (const { slots } of [a, b]) {
    t.is(slots.pool('shop/all').take('all', terms)?.turn, undefined)
    t.is(slots.pool('shop/all').take('all', terms), undefined)
  }
  t.is(await a.redis.dbsize(), 0)
})

test('no key names a client, and every key expires', async (t) => {
  const { port } = await startRedis(t)
  const { take, redis, tally } = await nodeOf(t, port)
  const names = ['__proto__', 'é', 'e\u0301', 'ключ', 'x'.repeat(10_000), '{all}', '\ud800', '\ud801']
  const tickets = names.map((name) => take({ queue: 3 }, name))
  t.deepEqual(
    await Promise.all(tickets.map(fateOf)),
    names.map(() => 'held'),
  )
  const waiting = names.map((name) => take({ queue: 3 }, name))
  await until(() => tally.waiting === names.length)
  const keys = await redis.keys('*')
  t.is(keys.length, 3 * names.length)
  for (const key of keys) {
    t.regex(key, /^portcullis:slots:\{[\w-]{22}\}:(held|queue|sessions)$/)
    t.true((await redis.pttl(key)) > 0)
  }
  for (const ticket of [...tickets, ...waiting]) ticket.giveBack()
})
