/** A network that is slow, deaf or breaks: the circuit, and what piles up meanwhile. */

import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { StoreAway } from '../../../src/services/redis/store.ts'
import { freeze } from '../../helpers/freeze.ts'
import { startProxy } from '../../helpers/slow-proxy.ts'
import { until } from '../../helpers/until.ts'
import { answers, ask, open, pidOf, startServer } from './stores.ts'

async function openThroughProxy(t: ExecutionContext, deadline = 1_000) {
  const server = await startServer(t)
  const proxy = await startProxy(t, server.port)
  return { ...server, proxy, ...(await open(t, `redis://127.0.0.1:${proxy.port}`, { deadline })) }
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

test('answers that are late open the circuit, and close it when they are in time again', async (t) => {
  const { store, world, proxy } = await openThroughProxy(t, 250)
  await until(() => answers(store))
  proxy.delay = 400
  t.false(await answers(store))
  await until(() => world.status.faults.has('state'))
  await until(() => /^an answer takes \d+ ms$/.test(store.reason))
  t.true(store.isAway)
  proxy.delay = 0
  await until(() => !store.isAway)
  await until(() => answers(store))
  t.is(world.status.faults.size, 0)
  t.true(world.metrics.store.late >= 1)
})

test('late answers are taken for nobody else’s', async (t) => {
  const { store, proxy } = await openThroughProxy(t, 250)
  const wrong: string[] = []
  let asked = 0
  const askOne = async () => {
    const word = `${asked++}`
    const reply = await ask(store, word).catch(() => word)
    if (reply !== word) wrong.push(`${word} got ${reply}`)
  }
  for (const delay of [0, 240, 300, 0, 260, 0, 500, 0]) {
    proxy.delay = delay
    await Promise.all(Array.from({ length: 50 }, askOne))
    await pause(50)
    await Promise.all(Array.from({ length: 50 }, askOne))
  }
  proxy.delay = 0
  await until(() => !store.isAway)
  await Promise.all(Array.from({ length: 50 }, askOne))
  t.deepEqual(wrong, [])
})

test('a connection that nobody answers on is given up, for one that works', async (t) => {
  const { store, proxy } = await openThroughProxy(t)
  await until(() => answers(store))
  const before = proxy.taken
  proxy.isDeaf = true
  t.false(await answers(store))
  await until(() => proxy.taken >= before + 2)
  // One at a time: what is given up is closed.
  t.true(proxy.open <= 2)
  proxy.isDeaf = false
  await until(() => !store.isAway)
  await until(() => answers(store))
  await until(() => proxy.open === 1)
})

test('a connection that is reset is replaced without being asked to', async (t) => {
  const { store, proxy } = await openThroughProxy(t)
  for (let round = 1; round <= 5; round++) {
    const before = proxy.taken
    proxy.reset()
    await until(() => store.isAway)
    await until(() => !store.isAway)
    await until(() => answers(store))
    t.true(proxy.taken > before)
  }
})

test('resets in mid-flight: every ask ends, by its own answer or none', async (t) => {
  const { store, proxy } = await openThroughProxy(t)
  let settled = 0
  for (let round = 0; round < 5; round++) {
    await until(() => !store.isAway)
    const asked = Array.from({ length: 200 }, (_, index) =>
      ask(store, `${round} ${index}`).then(
        (reply) => reply === `${round} ${index}`,
        () => true,
      ),
    )
    setImmediate(() => proxy.reset())
    settled += (await Promise.all(asked)).filter(Boolean).length
  }
  t.is(settled, 1_000)
})

test('nothing piles up before a server that is frozen under load', async (t) => {
  const { store, world, admin, proxy } = await openThroughProxy(t, 250)
  await until(() => answers(store))
  const thaw = freeze(t, await pidOf(admin))
  const from = { memory: heapUsed(), bytes: proxy.received }
  let unsettled = 0
  let most = 0
  const ends = performance.now() + 4_000
  while (performance.now() < ends) {
    for (let i = 0; i < 50; i++) {
      unsettled++
      ask(store, 'x'.repeat(1_000))
        .catch(() => {})
        .finally(() => unsettled--)
    }
    most = Math.max(most, unsettled)
    await pause(10)
  }
  await until(() => unsettled === 0)
  const { late, failed, skipped } = world.metrics.store
  t.log({ late, failed, skipped, most, grown: heapUsed() - from.memory, sent: proxy.received - from.bytes })
  // Only what was asked before the first deadline was over has been sent.
  t.true(skipped > (late + failed) * 3)
  t.true(proxy.received - from.bytes < (late + failed) * 2_000 + 100_000)
  t.true(heapUsed() - from.memory < 30_000_000)
  thaw()
  await until(() => !store.isAway)
  t.is(await ask(store, 'mine'), 'mine')
})

function heapUsed(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

test('is closed while it dials, while it asks and while it is away: nothing is left', async (t) => {
  const { port } = await startServer(t)
  for (const wait of [0, 1, 5, 20]) {
    const proxy = await startProxy(t, port)
    proxy.isDeaf = wait % 2 === 1
    const opening = open(t, `redis://127.0.0.1:${proxy.port}`)
    if (wait > 0) await pause(wait)
    const { store, world } = await opening
    const asked = ask(store).catch((error) => error)
    await store.close()
    await asked
    await until(() => proxy.open === 0)
    await pause(300)
    t.is(proxy.open, 0)
    t.is(world.status.faults.size, 0)
    t.is(world.metrics.store.servers.size, 0)
    t.true((await ask(store).catch((error) => error)) instanceof Error)
    await store.close()
  }
})

const impostors: Readonly<Record<string, string>> = {
  'a web server': 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n',
  'noise that goes on': `${'\0\x01\xff'.repeat(1_000)}\n`,
  'more answers than questions': '+OK\r\n'.repeat(10_000),
  'an answer without an end': '$1000000000\r\nabc',
  'lists in lists': '*1\r\n'.repeat(10_000),
  'an endless list': '*2147483647\r\n:1\r\n',
}

for (const [name, text] of Object.entries(impostors))
  test(`what is no Redis is away: ${name}`, async (t) => {
    const server = createServer((socket) => {
      socket.on('error', () => {}).on('data', () => socket.destroyed || socket.write(text))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => server.close())
    const { store, world } = await open(t, `redis://127.0.0.1:${(server.address() as AddressInfo).port}`)
    t.true(store.isAway)
    await until(() => world.status.faults.has('state'))
    t.regex(store.reason, /^the connection is closed$|^no answer within|^it answers what was not asked$/)
    await t.throwsAsync(ask(store), { instanceOf: StoreAway })
  })
