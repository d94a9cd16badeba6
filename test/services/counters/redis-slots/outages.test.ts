import test from 'ava'
import { startRedis } from '../../../helpers/redis-server.ts'
import { until } from '../../../helpers/until.ts'
import { type Fate, fateOf, type Node, nodeOf, nodesOf, twoNodesOf } from './nodes.ts'

const pause = (milliseconds: number) => new Promise((over) => setTimeout(over, milliseconds))

/** How many slots are free, by taking them; they are given back. */
async function freeOf(node: Node, max: number): Promise<number> {
  const tickets = Array.from({ length: max + 1 }, () => node.take({ max, queue: 0 }))
  const fates = await Promise.all(tickets.map(fateOf))
  for (const ticket of tickets) ticket.giveBack()
  return fates.filter((fate) => fate === 'held').length
}

test('slots and places of a node that died are free after the life of their lease, and those that live are kept', async (t) => {
  const { port } = await startRedis(t)
  const [dead, alive] = await twoNodesOf(t, port, { life: 1_500 })
  const [lost, kept] = [dead.take({ max: 2 }), alive.take({ max: 2 })]
  await Promise.all([lost.turn, kept.turn])
  void dead.take({ max: 2 })
  await until(() => dead.tally.waiting === 1)
  dead.redis.disconnect()
  const next = alive.take({ max: 2 })
  t.is(await fateOf(next), 'held')
  for (let index = 0; index < 10; index++) {
    await pause(300)
    t.is(await fateOf(alive.take({ max: 2, queue: 0 })), 'full')
  }
})

test('a node that ends gives back at once what it holds', async (t) => {
  const { port } = await startRedis(t)
  const [ending, other] = await twoNodesOf(t, port)
  const held = Array.from({ length: 3 }, () => ending.take({ max: 3 }))
  await Promise.all(held.map(({ turn }) => turn))
  void ending.take({ max: 3 })
  await until(() => ending.tally.waiting === 1)
  await ending.slots.close()
  t.is(await freeOf(other, 3), 3)
  for (const ticket of held) ticket.giveBack()
  t.is(await fateOf(ending.take({ max: 3 })), 'held')
  t.is(await freeOf(other, 3), 3)
})

test('while Redis is away each node counts its own, and all is as before when it is back', async (t) => {
  const server = await startRedis(t)
  const [a, b] = await twoNodesOf(t, server.port)
  const held = a.take({ max: 2 })
  const other = b.take({ max: 2 })
  await Promise.all([held.turn, other.turn])
  const waiting = a.take({ max: 2, queue: 1 })
  await until(() => a.tally.waiting === 1)
  await server.kill()
  await until(() => a.store.isAway && b.store.isAway)
  t.is(await fateOf(waiting), 'held')
  t.is(await fateOf(b.take({ max: 2, queue: 1 })), 'held')
  const queued = b.take({ max: 2, queue: 1 })
  t.is(await fateOf(b.take({ max: 2, queue: 1 })), 'full')
  t.is(await fateOf(a.take({ max: 2, queue: 1, wait: 30 })), 'over')
  t.true(a.tally.alone > 0 && b.tally.alone > 0)
  await server.start()
  await until(() => !a.store.isAway && !b.store.isAway)
  await until(async () => {
    const [key] = await a.redis.keys('*:held')
    return key !== undefined && (await a.redis.zcard(key)) === 4
  })
  t.is(await fateOf(a.take({ max: 2, queue: 0 })), 'full')
  for (const ticket of [held, other, waiting]) ticket.giveBack()
  t.is(await fateOf(queued), 'held')
})

test('a node that is away from its start serves alone, and tells Redis of it when it comes', async (t) => {
  const server = await startRedis(t)
  const [a, b] = await twoNodesOf(t, server.port)
  await server.kill()
  await until(() => a.store.isAway && b.store.isAway)
  const first = a.take()
  t.is(await fateOf(first), 'held')
  const held = a.take()
  await until(() => a.tally.waiting === 1)
  first.giveBack()
  t.is(await fateOf(held), 'held')
  await server.start()
  await until(async () => !a.store.isAway && !b.store.isAway && (await b.redis.keys('*:held')).length === 1)
  t.is(await fateOf(b.take({ max: 1, queue: 0 })), 'full')
  held.giveBack()
  await until(() => a.pool.size === 0)
  t.is(await fateOf(b.take({ max: 1, queue: 0 })), 'held')
})

test('alone, slots go to those who waited before, and then to those who come', async (t) => {
  const { port } = await startRedis(t)
  const node = await nodeOf(t, port)
  const holder = node.take()
  await holder.turn
  const served: string[] = []
  const queueUp = async (name: string) => {
    const ticket = node.take()
    await ticket.turn
    served.push(name)
    ticket.giveBack()
  }
  const first = queueUp('first')
  await until(() => node.tally.waiting === 1)
  node.trouble.next = () => 'lost'
  const second = queueUp('second')
  await until(() => node.tally.waiting === 2)
  holder.giveBack()
  await Promise.all([first, second])
  t.deepEqual(served, ['first', 'second'])
})

test('alone, a node gives its share of slots and places, rounded up', async (t) => {
  const server = await startRedis(t)
  const node = await nodeOf(t, server.port, { nodes: 4 })
  await server.kill()
  await until(() => node.store.isAway)
  const fates: string[] = []
  for (let index = 0; index < 6; index++) void fateOf(node.take({ max: 10, queue: 5 })).then((fate) => fates.push(fate))
  await until(() => fates.length === 4)
  t.deepEqual(fates, ['held', 'held', 'held', 'full'])
  t.is(node.tally.waiting, 2)
})

for (const fate of ['unheard', 'lost'] as const)
  test(`an answer that is missed once costs no slot, and gives none twice (${fate})`, async (t) => {
    const { port } = await startRedis(t)
    const [a, b] = await twoNodesOf(t, port)
    const held = [a.take({ max: 4 }), b.take({ max: 4 })]
    await Promise.all(held.map(({ turn }) => turn))
    let missed = 0
    a.trouble.next = () => (missed++ === 0 ? fate : 'answered')
    const third = a.take({ max: 4 })
    t.is(await fateOf(third), 'held')
    await until(() => missed > 1)
    await until(async () => (await a.redis.zcard((await a.redis.keys('*:held'))[0] ?? '')) === 3)
    t.is(await freeOf(b, 4), 1)
    for (const ticket of [...held, third]) ticket.giveBack()
    await until(() => a.pool.size === 0 && b.pool.size === 0)
    t.is(await freeOf(b, 4), 4)
  })

test('what Redis does long after it was asked keeps a slot for no longer than a lease', async (t) => {
  const { port } = await startRedis(t)
  const [a, b] = await twoNodesOf(t, port, { life: 1_500 })
  const belated: (() => Promise<unknown>)[] = []
  a.trouble.later = (run) => void belated.push(run)
  a.trouble.next = () => 'belated'
  const alone = a.take({ max: 2 })
  t.is(await fateOf(alone), 'held')
  a.trouble.next = () => 'answered'
  await until(async () => (await a.redis.keys('*:held')).length === 1)
  for (const run of belated) await run()
  t.is(await freeOf(b, 2), 0)
  await until(async () => (await freeOf(b, 2)) === 1)
  alone.giveBack()
})

test('what Redis does long after it was asked keeps no place in the queue', async (t) => {
  const { port } = await startRedis(t)
  const [a, b] = await twoNodesOf(t, port)
  const holder = b.take()
  await holder.turn
  const belated: (() => Promise<unknown>)[] = []
  a.trouble.later = (run) => void belated.push(run)
  a.trouble.next = () => 'belated'
  const alone = a.take()
  t.is(await fateOf(alone), 'held')
  a.trouble.next = () => 'answered'
  alone.giveBack()
  await until(() => a.pool.size === 0)
  for (const run of belated) await run()
  t.is((await a.redis.keys('*:queue')).length, 1)
  const next = b.take()
  await until(() => b.tally.waiting === 1)
  holder.giveBack()
  t.is(await fateOf(next), 'held')
})

test('Redis that was flushed learns again who holds a slot, and who waits in which order', async (t) => {
  const { port } = await startRedis(t)
  const [a, b] = await twoNodesOf(t, port, { life: 3_000 })
  const holder = a.take()
  await holder.turn
  const first = b.take()
  await until(() => b.tally.waiting === 1)
  const second = a.take()
  await until(() => a.tally.waiting === 1)
  const [held = ''] = await a.redis.keys('*:held')
  const [queue = ''] = await a.redis.keys('*:queue')
  // Somebody else has the slot until the holder is known again: who waits would have it otherwise.
  await a.redis
    .multi()
    .flushall()
    .zadd(held, Date.now() + 60_000, 'somebody.0:1')
    .exec()
  await until(async () => (await a.redis.zcard(held)) === 2 && (await a.redis.zcard(queue)) === 2)
  await a.redis.zrem(held, 'somebody.0:1')
  t.like(a.tally, { waiting: 1 })
  holder.giveBack()
  t.is(await fateOf(first), 'held')
  t.is(a.tally.waiting, 1)
  first.giveBack()
  t.is(await fateOf(second), 'held')
})

test('all who wait are in the queue again after Redis lost it, however many they are', async (t) => {
  const { port } = await startRedis(t)
  const nodes = await twoNodesOf(t, port)
  const holder = nodes[0].take()
  await holder.turn
  const waiting = nodes.flatMap((node) => Array.from({ length: 150 }, () => node.take({ queue: 300 })))
  await until(() => nodes.every(({ tally }) => tally.waiting === 150))
  const [queue = ''] = await nodes[0].redis.keys('*:queue')
  t.is(await nodes[0].redis.zcard(queue), 300)
  await nodes[0].redis.flushall()
  // One of them may have got the slot before Redis knew again who holds it.
  await until(async () => (await nodes[0].redis.zcard(queue)) >= 299)
  t.is(await fateOf(nodes[1].take({ queue: 299 })), 'full')
  for (const ticket of [...waiting, holder]) ticket.giveBack()
})

test('however scripts are lost, late or unheard, all slots are there again when Redis is', async (t) => {
  const { port } = await startRedis(t)
  const nodes = await nodesOf(t, port, 3, { life: 1_000 })
  const fates: readonly Fate[] = ['answered', 'answered', 'answered', 'unheard', 'belated', 'lost']
  for (const { trouble } of nodes) trouble.next = () => fates[Math.floor(Math.random() * fates.length)] ?? 'answered'
  const work = async (node: Node) => {
    const ticket = node.take({ max: 4, queue: 50, wait: 200 })
    if (Math.random() < 0.2) ticket.giveBack()
    if (await ticket.turn) await pause(Math.random() * 10)
    ticket.giveBack()
  }
  for (let round = 0; round < 40; round++) {
    await Promise.race([Promise.all(nodes.flatMap((node) => [1, 2, 3, 4].map(() => work(node)))), pause(40)])
  }
  for (const { trouble } of nodes) trouble.next = () => 'answered'
  await until(() => nodes.every(({ pool, tally }) => pool.size === 0 && tally.inUse === 0 && tally.waiting === 0))
  // Until the leases of what was done last are over, and its session is known to be dead.
  await pause(3_000)
  for (const node of nodes) {
    t.is(await freeOf(node, 4), 4)
    await until(() => node.pool.size === 0)
  }
})
