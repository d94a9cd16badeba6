import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { SlotTally } from '../../src/services/metrics/slot-tally.ts'
import { type Gate, openGate } from '../helpers/gate.ts'
import { HeldServer } from '../helpers/held-server.ts'
import { until } from '../helpers/until.ts'

interface Bench extends Gate {
  readonly upstream: HeldServer
  /** Of the one limit of the policy. */
  readonly tally: SlotTally
}

const policyOf = (block: string, upstream: HeldServer) => `service: shop
upstream: ${upstream.url}
defaults:
  authenticate: public
  concurrency: ${block}
routes:
  GET /*rest: { timeout: 20s, input: { query: any } }
  POST /*rest: { input: { body: any } }
`

/** A gate before an upstream that the test holds; everything on it is held by one block. */
async function openBench(t: ExecutionContext, block: string, id = 'shop/all', policy = policyOf): Promise<Bench> {
  const upstream = await HeldServer.start(t)
  const gate = await openGate({ 'shop.yaml': policy(block, upstream) })
  t.teardown(() => gate.close())
  return Object.assign(gate, { upstream, tally: gate.world.metrics.slotTally(id) })
}

/** A request that the test can break off. */
function send(gate: Gate, path: string) {
  const sending = request({ port: gate.port, path, agent: false })
  const gone = new Promise<void>((closed) => sending.once('close', closed))
  sending.on('error', () => undefined).end()
  return async () => {
    sending.destroy()
    await gone
  }
}

test('never more than `max` are at the destination, of two hundred at once', async (t) => {
  const { call, upstream, tally } = await openBench(t, '{ max: 5, queue: 200, wait: 20s }')
  upstream.delay = 5
  const replies = await Promise.all(Array.from({ length: 200 }, (_, index) => call('GET', `/${index}`)))
  t.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]))
  t.is(upstream.most, 5)
  t.is(upstream.seen.length, 200)
  await until(() => tally.inUse === 0)
  t.like(tally, { waiting: 0, full: 0, late: 0 })
})

test('who finds neither a slot nor a place is refused at once, and told when to come back', async (t) => {
  const { call, upstream, tally } = await openBench(t, '{ max: 2, queue: 3, wait: 2500ms }')
  const taken = Array.from({ length: 5 }, () => call('GET', '/'))
  await until(() => tally.waiting === 3)
  const refused = await call('GET', '/')
  t.is(refused.status, 503)
  t.like(JSON.parse(refused.body), { code: 'overloaded', message: 'Server overloaded' })
  t.is(refused.headers['retry-after'], '3')
  t.false(refused.body.includes('shop/all'))
  for (let index = 0; index < 5; index++) await upstream.answer()
  t.deepEqual(
    (await Promise.all(taken)).map(({ status }) => status),
    [200, 200, 200, 200, 200],
  )
  t.like(tally, { full: 1, late: 0 })
})

test('without a queue nobody waits', async (t) => {
  const { call, upstream } = await openBench(t, '{ max: 1 }')
  const first = call('GET', '/')
  await until(() => upstream.held.length === 1)
  const refused = await call('GET', '/')
  t.is(refused.status, 503)
  t.is(refused.headers['retry-after'], '1')
  await upstream.answer()
  t.is((await first).status, 200)
})

test('a wait that is over is refused, and takes no slot later', async (t) => {
  const { call, upstream, tally } = await openBench(t, '{ max: 1, queue: 5, wait: 60ms }')
  const first = call('GET', '/')
  await until(() => upstream.held.length === 1)
  const started = performance.now()
  const late = await call('GET', '/late')
  t.true(performance.now() - started >= 59)
  t.is(late.status, 503)
  t.is(late.headers['retry-after'], '1')
  t.like(tally, { inUse: 1, waiting: 0, late: 1, full: 0 })
  await upstream.answer()
  await first
  await until(() => tally.inUse === 0)
  t.deepEqual(upstream.seen, ['/'])
})

test('who waits is served in the order of coming', async (t) => {
  const { call, upstream, tally } = await openBench(t, '{ max: 1, queue: 50, wait: 20s }')
  const sent = [call('GET', '/first')]
  await until(() => tally.inUse === 1)
  for (let index = 0; index < 20; index++) {
    sent.push(call('GET', `/${index}`))
    await until(() => tally.waiting === index + 1)
  }
  for (let index = 0; index <= 20; index++) await upstream.answer()
  await Promise.all(sent)
  t.deepEqual(upstream.seen, ['/first', ...Array.from({ length: 20 }, (_, index) => `/${index}`)])
  t.is(upstream.most, 1)
})

test('a client that goes away leaves the queue at once, and never reaches the destination', async (t) => {
  const gate = await openBench(t, '{ max: 1, queue: 2, wait: 20s }')
  const { upstream, tally, call } = gate
  const first = call('GET', '/first')
  await until(() => tally.inUse === 1)
  const leave = send(gate, '/gone')
  await until(() => tally.waiting === 1)
  const third = call('GET', '/third')
  await until(() => tally.waiting === 2)
  await leave()
  await until(() => tally.waiting === 1)
  const fourth = call('GET', '/fourth')
  await until(() => tally.waiting === 2)
  for (let index = 0; index < 3; index++) await upstream.answer()
  t.deepEqual([(await first).status, (await third).status, (await fourth).status], [200, 200, 200])
  t.deepEqual(upstream.seen, ['/first', '/third', '/fourth'])
  await until(() => tally.inUse === 0)
  t.like(tally, { waiting: 0, late: 0, full: 0 })
})

test('a client that goes away in flight gives its slot to the next', async (t) => {
  const gate = await openBench(t, '{ max: 1, queue: 2, wait: 20s }')
  const { upstream, tally, call } = gate
  const leave = send(gate, '/gone')
  await until(() => upstream.held.length === 1)
  const next = call('GET', '/next')
  await until(() => tally.waiting === 1)
  await leave()
  await until(() => upstream.seen.length === 2)
  t.like(tally, { inUse: 1, waiting: 0 })
  await until(() => upstream.held.length === 1)
  await upstream.answer()
  t.is((await next).status, 200)
  await until(() => tally.inUse === 0)
})

test('a destination that hangs gives its slot back with the 504, exactly once', async (t) => {
  const slow = (block: string, upstream: HeldServer) =>
    policyOf(block, upstream).replace('timeout: 20s', 'timeout: 100ms')
  const { call, upstream, tally } = await openBench(t, '{ max: 2, queue: 10, wait: 20s }', 'shop/all', slow)
  const replies = await Promise.all(Array.from({ length: 10 }, () => call('GET', '/')))
  t.deepEqual(new Set(replies.map(({ status }) => status)), new Set([504]))
  await until(() => tally.inUse === 0)
  const [first, second, third] = ['/a', '/b', '/c'].map((path) => call('POST', path))
  await until(() => tally.waiting === 1)
  t.is(tally.inUse, 2)
  for (let index = 0; index < 3; index++) await upstream.answer()
  t.deepEqual(
    (await Promise.all([first, second, third])).map((reply) => reply?.status),
    [200, 200, 200],
  )
})

test('a destination that cannot be reached gives its slot back', async (t) => {
  const nowhere = (block: string, upstream: HeldServer) =>
    policyOf(block, upstream).replace(upstream.url, 'http://127.0.0.1:1')
  const { call, tally } = await openBench(t, '{ max: 1, queue: 10, wait: 20s }', 'shop/all', nowhere)
  const replies = await Promise.all(Array.from({ length: 10 }, () => call('GET', '/')))
  t.deepEqual(new Set(replies.map(({ status }) => status)), new Set([502]))
  await until(() => tally.inUse === 0)
})

test('a slot is held until the last byte of the answer is out', async (t) => {
  const { call, port, upstream, tally } = await openBench(t, '{ max: 1 }')
  const sending = request({ port, path: '/', agent: false }).end()
  await until(() => upstream.held.length === 1)
  const res = upstream.held.shift()?.res
  res?.write('some')
  const [incoming]: IncomingMessage[] = await once(sending, 'response')
  t.is(String(await once(incoming as IncomingMessage, 'data')), 'some')
  t.is((await call('GET', '/')).status, 503)
  t.is(tally.inUse, 1)
  res?.end('thing')
  await until(() => tally.inUse === 0)
})

test('HEAD takes a slot as GET does; OPTIONS takes none', async (t) => {
  const { call, upstream, tally } = await openBench(t, '{ max: 1 }')
  const head = call('HEAD', '/')
  await until(() => upstream.held.length === 1)
  t.is(tally.inUse, 1)
  t.is((await call('OPTIONS', '/')).status, 204)
  t.is((await call('HEAD', '/')).status, 503)
  await upstream.answer('')
  t.is((await head).status, 200)
})

test('a body that waits with its request arrives whole', async (t) => {
  const { call, upstream, tally } = await openBench(t, '{ max: 1, queue: 1, wait: 20s }')
  const first = call('GET', '/')
  await until(() => tally.inUse === 1)
  const body = JSON.stringify('ü'.repeat(40_000))
  const second = call('POST', '/', { body, headers: { 'content-type': 'application/json' } })
  await until(() => tally.waiting === 1)
  await upstream.answer()
  await first
  await upstream.answer('!')
  t.is((await second).body, `${body}!`)
})

test('routes that inherit a block share its slots; one of their own is theirs', async (t) => {
  const upstream = await HeldServer.start(t)
  const gate = await openGate({
    'shop.yaml': `service: shop
upstream: ${upstream.url}
defaults: { authenticate: public, concurrency: { max: 1 } }
routes:
  GET /a: {}
  GET /b: {}
  GET /c: { concurrency: { max: 1 }, because: its own }
  GET /d: { concurrency: off, because: free }
`,
  })
  t.teardown(() => gate.close())
  const status = async (path: string) => (await gate.call('GET', path)).status
  const held = ['/a', '/c', '/d'].map(status)
  await until(() => upstream.held.length === 3)
  t.deepEqual(await Promise.all(['/b', '/c'].map(status)), [503, 503])
  const free = status('/d')
  for (let index = 0; index < 4; index++) await upstream.answer()
  t.deepEqual(await Promise.all([...held, free]), [200, 200, 200, 200])
})

test('a reload forgets neither who holds a slot nor who waits, and its `max` holds at once', async (t) => {
  const upstream = await HeldServer.start(t)
  const gate = await openGate({ 'shop.yaml': policyOf('{ max: 1, queue: 9, wait: 20s }', upstream) })
  t.teardown(() => gate.close())
  const { call, world, directory } = gate
  const tally = world.metrics.slotTally('shop/all')
  const renew = async (block: string) => {
    writeFileSync(join(directory, 'shop.yaml'), policyOf(block, upstream))
    await gate.reload()
  }
  const sent = [call('GET', '/1'), call('GET', '/2')]
  await until(() => tally.waiting === 1)
  await renew('{ max: 1, queue: 1, wait: 20s }')
  t.is((await call('GET', '/refused')).status, 503)
  await renew('{ max: 3, queue: 9, wait: 20s }')
  sent.push(call('GET', '/3'))
  await until(() => upstream.held.length === 3)
  await renew('{ max: 1, queue: 9, wait: 20s }')
  sent.push(call('GET', '/4'))
  await until(() => tally.waiting === 1)
  await upstream.answer()
  await upstream.answer()
  await until(() => tally.inUse === 1)
  t.is(tally.waiting, 1)
  await upstream.answer()
  await upstream.answer()
  t.deepEqual(
    (await Promise.all(sent)).map(({ status }) => status),
    [200, 200, 200, 200],
  )
  await until(() => tally.inUse === 0)
})

test('under reportOnly nobody waits and nobody is refused; it is counted', async (t) => {
  const reported = (block: string, upstream: HeldServer) =>
    policyOf(block, upstream).replace('timeout: 20s,', 'reportOnly: [concurrency], because: to see,')
  const { call, upstream, tally, world } = await openBench(t, '{ max: 1, queue: 9, wait: 20s }', 'shop/all', reported)
  const sent = [call('GET', '/'), call('GET', '/'), call('GET', '/')]
  await until(() => upstream.held.length === 3)
  t.like(tally, { inUse: 1, waiting: 0, full: 2 })
  for (let index = 0; index < 3; index++) await upstream.answer()
  t.deepEqual(
    (await Promise.all(sent)).map(({ status }) => status),
    [200, 200, 200],
  )
  await until(() => tally.inUse === 0)
  const { text } = await world.metrics.expose()
  t.true(text.includes('guard="concurrency",mode="reportOnly",outcome="deny"} 2\n'))
})

test('metrics tell who holds a slot, who waits and who got none, by limit', async (t) => {
  const { call, upstream, tally, world } = await openBench(t, '{ max: 1, queue: 1, wait: 20s }')
  const sent = [call('GET', '/'), call('GET', '/')]
  await until(() => tally.waiting === 1)
  await call('GET', '/')
  const { text } = await world.metrics.expose()
  for (const line of [
    'portcullis_concurrency_in_use{limit="shop/all"} 1',
    'portcullis_concurrency_waiting{limit="shop/all"} 1',
    'portcullis_concurrency_missed_total{limit="shop/all",reason="full"} 1',
    'portcullis_concurrency_missed_total{limit="shop/all",reason="late"} 0',
  ])
    t.true(text.includes(`\n${line}\n`), line)
  await upstream.answer()
  await upstream.answer()
  await Promise.all(sent)
})
