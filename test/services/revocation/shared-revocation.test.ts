import { randomBytes } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { systemClock } from '../../../src/services/clock.ts'
import { beforeEntry, type Entry, tokenEntry, userEntry } from '../../../src/services/revocation/entry.ts'
import type { RevocableToken, Revocation } from '../../../src/services/revocation/revocation.ts'
import { keysOfRevocation } from '../../../src/services/revocation/revocation-scripts.ts'
import { SharedHistory } from '../../../src/services/revocation/shared-history.ts'
import { sharedRevocation } from '../../../src/services/revocation/shared-revocation.ts'
import { notedWorld } from '../../helpers/noted-world.ts'
import { plainStore } from '../../helpers/plain-store.ts'
import { startRedis } from '../../helpers/redis-server.ts'
import { until } from '../../helpers/until.ts'

const issuer = 'https://login.example/'
const tokenOf = (id: string): RevocableToken => ({ issuer, user: 'ann', id, issuedAt: 1 })
const token = (id: string, until?: number) => tokenEntry(issuer, id, { now: Date.now(), until })

interface Node extends Revocation {
  readonly world: ReturnType<typeof notedWorld>
}

async function openNode(t: ExecutionContext, port: number, prefix = 'portcullis'): Promise<Node> {
  const world = notedWorld()
  const revocation = await sharedRevocation({ store: plainStore(t, port), prefix }, { ...world, clock: systemClock })
  t.teardown(() => revocation.close())
  return {
    world,
    isRevoked: (asked) => revocation.isRevoked(asked),
    holds: (entry) => revocation.holds(entry),
    revoke: (entry) => revocation.revoke(entry),
    close: () => revocation.close(),
  }
}

const knows = (node: Node, id: string) => until(() => node.isRevoked(tokenOf(id)))

test('what one node revokes, every other refuses within a second', async (t) => {
  const { port } = await startRedis(t)
  const [a, b, c] = await Promise.all([1, 2, 3].map(() => openNode(t, port)))
  if (!a || !b || !c) return t.fail()
  for (const [index, from] of [a, b, c, a, b, c].entries()) {
    t.is(await from.revoke(token(`j${index}`)), 'stored')
    t.true(from.isRevoked(tokenOf(`j${index}`)))
    const started = performance.now()
    await Promise.all([a, b, c].map((node) => knows(node, `j${index}`)))
    t.true(performance.now() - started < 1_000)
  }
  t.false(b.isRevoked(tokenOf('another')))
})

test('a node that starts knows at once what was revoked before', async (t) => {
  const { port } = await startRedis(t)
  const first = await openNode(t, port)
  await Promise.all(Array.from({ length: 1_234 }, (_, index) => first.revoke(token(`j${index}`))))
  first.close()
  const second = await openNode(t, port)
  for (let index = 0; index < 1_234; index++) t.true(second.isRevoked(tokenOf(`j${index}`)))
  t.is(second.world.metrics.revocations.held, 1_234)
  const elsewhere = await openNode(t, port, 'other')
  t.false(elsewhere.isRevoked(tokenOf('j0')))
})

test('Redis holds no name, and nothing that expires', async (t) => {
  const { port } = await startRedis(t)
  const node = await openNode(t, port)
  await node.revoke(userEntry(issuer, 'ann@example.org', { now: Date.now() }))
  await node.revoke(token('secret-id'))
  const { redis } = plainStore(t, port)
  const keys = await redis.keys('*')
  t.deepEqual(keys.sort(), [...keysOfRevocation('portcullis')].sort())
  const dump = JSON.stringify([await redis.hgetall(keysOfRevocation('portcullis')[0] ?? ''), keys])
  for (const name of ['ann', 'login', 'secret']) t.false(dump.includes(name))
  for (const key of keys) t.is(await redis.ttl(key), -1)
})

test('Redis that was flushed, or came back empty, is told again by any node that lives', async (t) => {
  const server = await startRedis(t)
  const [a, b] = [await openNode(t, server.port), await openNode(t, server.port)]
  await a.revoke(token('old'))
  await knows(b, 'old')
  a.close()
  const { redis } = plainStore(t, server.port)
  await redis.flushall()
  await until(() => b.world.metrics.revocations.pending === 0)
  await b.revoke(token('new'))
  const retold = async () => {
    for (;;) {
      const [entries = ''] = keysOfRevocation('portcullis')
      if ((await redis.hlen(entries)) === 2) return
    }
  }
  await retold()
  await server.kill()
  await server.start()
  await until(() => redis.status === 'ready')
  await retold()
  const c = await openNode(t, server.port)
  t.true(c.isRevoked(tokenOf('old')) && c.isRevoked(tokenOf('new')))
})

test('what is revoked while Redis is away holds here, says so, and is sent when it is back', async (t) => {
  const server = await startRedis(t)
  const [a, b] = [await openNode(t, server.port), await openNode(t, server.port)]
  await a.revoke(token('before'))
  await knows(b, 'before')
  await server.kill()
  t.is(await a.revoke(token('meanwhile')), 'pending')
  t.true(a.isRevoked(tokenOf('meanwhile')))
  await until(() => a.world.status.faults.has('revocation') && b.world.status.faults.has('revocation'))
  t.true(a.isRevoked(tokenOf('before')) && b.isRevoked(tokenOf('before')))
  t.false(b.isRevoked(tokenOf('meanwhile')))
  t.is(b.world.lines.filter((line) => line.includes('cannot be read')).length, 1)
  await server.start()
  await Promise.all([knows(b, 'meanwhile'), until(() => a.world.status.faults.size === 0)])
  await until(() => a.world.metrics.revocations.pending === 0)
})

test('a node starts without Redis, and learns from it later', async (t) => {
  const server = await startRedis(t)
  const first = await openNode(t, server.port)
  await first.revoke(token('j1'))
  await server.kill()
  const second = await openNode(t, server.port)
  t.false(second.isRevoked(tokenOf('j1')))
  await until(() => second.world.status.faults.has('revocation'))
  await server.start()
  await knows(second, 'j1')
})

test('an older state of Redis that goes on with other revocations is found out, and mended', async (t) => {
  const server = await startRedis(t)
  const a = await openNode(t, server.port)
  const store = plainStore(t, server.port)
  const keys = keysOfRevocation('portcullis')
  await a.revoke(token('kept'))
  await until(() => a.world.metrics.revocations.pending === 0)
  const snapshot = await Promise.all(keys.map((key) => store.redis.dumpBuffer(key)))
  await a.revoke(token('lost'))
  await until(() => a.world.metrics.revocations.pending === 0)
  const restore = keys.flatMap((key, index) => [['restore', key, '0', snapshot[index] ?? '', 'REPLACE']])
  const others = new SharedHistory(store, 'portcullis')
  await store.redis.multi(restore as string[][]).exec()
  await others.add([token('other')])
  await knows(a, 'other')
  const seen = new Set<string>()
  await until(() => a.world.metrics.revocations.pending === 0)
  await new SharedHistory(store, 'portcullis').read(({ key }) => seen.add(key))
  for (const id of ['kept', 'lost', 'other']) t.true(seen.has(token(id).key), id)
})

test('a list of which Redis has evicted a part is written anew', async (t) => {
  const server = await startRedis(t)
  const a = await openNode(t, server.port)
  const { redis } = plainStore(t, server.port)
  for (const [index, key] of keysOfRevocation('portcullis').entries()) {
    await a.revoke(token(`j${index}`))
    await until(() => a.world.metrics.revocations.pending === 0)
    await redis.del(key)
    const later = await openNode(t, server.port)
    await Promise.all(Array.from({ length: index + 1 }, (_, each) => knows(later, `j${each}`)))
    later.close()
  }
  t.is(a.world.status.faults.size, 0)
})

test('Redis forgets what can revoke nothing any more', async (t) => {
  const { port } = await startRedis(t)
  const store = plainStore(t, port)
  const history = new SharedHistory(store, 'portcullis')
  const ending = (index: number, forgetAt: number): Entry => ({ key: `t${index}`, issuedUntil: 1, forgetAt })
  t.deepEqual(await history.add([ending(0, Date.now() - 1), ending(1, Date.now() + 500)]), ['known', 'new'])
  const [entries = '', order = '', ends = ''] = keysOfRevocation('portcullis')
  do await history.add([ending(2, Date.now() + 60_000)])
  while ((await store.redis.hlen(entries)) > 1)
  t.deepEqual(await store.redis.hkeys(entries), ['t2'])
  t.deepEqual(await store.redis.zrange(order, '0', '-1'), ['t2'])
  t.deepEqual(await store.redis.zrange(ends, '0', '-1'), ['t2'])
})

test('whatever is written by several nodes at once, all read the strictest of it', async (t) => {
  const { port } = await startRedis(t)
  const store = plainStore(t, port)
  const now = Date.now()
  const entry = fc.record({
    key: fc.constantFrom('a', 'i1', 'u1', 'u2', 't1', 't2'),
    issuedUntil: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    forgetAt: fc.integer({ min: now + 600_000, max: 8_640_000_000_000_000 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(entry, { maxLength: 8 }), { maxLength: 12 }), async (batches) => {
      const prefix = randomBytes(6).toString('hex')
      const [reader, writers] = [
        new SharedHistory(store, prefix),
        [0, 1, 2].map(() => new SharedHistory(store, prefix)),
      ]
      const read = new Map<string, Entry>()
      const tell = (told: Entry) => void read.set(told.key, told)
      await Promise.all([
        ...batches.map((batch, index) => writers[index % 3]?.add(batch)),
        ...batches.map(() => reader.read(tell)),
      ])
      t.true(await reader.read(tell))
      const expected = new Map<string, Entry>()
      for (const { key, issuedUntil, forgetAt } of batches.flat()) {
        const known = expected.get(key) ?? { issuedUntil: 0, forgetAt: 0 }
        expected.set(key, {
          key,
          issuedUntil: Math.max(known.issuedUntil, issuedUntil),
          forgetAt: Math.max(known.forgetAt, forgetAt),
        })
      }
      t.deepEqual([...read].sort(), [...expected].sort())
    }),
    { numRuns: 100 },
  )
})

test('Redis takes no more than there may be, says so, and still takes what is stricter', async (t) => {
  const { port } = await startRedis(t)
  const store = plainStore(t, port, 20_000)
  const [entries = '', order = '', ends = ''] = keysOfRevocation('portcullis')
  await store.redis.eval(
    `for i = 1, 250000 do
      redis.call('HSET', KEYS[1], 't' .. i, '1 9000000000000')
      redis.call('ZADD', KEYS[2], i, 't' .. i)
      redis.call('ZADD', KEYS[3], 9000000000000, 't' .. i)
    end`,
    3,
    entries,
    order,
    ends,
  )
  const world = notedWorld()
  const started = performance.now()
  const revocation = await sharedRevocation({ store, prefix: 'portcullis' }, { ...world, clock: systemClock })
  t.teardown(() => revocation.close())
  t.log(`250,000 read in ${(performance.now() - started).toFixed(0)} ms`)
  const history = new SharedHistory(store, 'portcullis')
  t.deepEqual(await history.add([token('one too many')]), ['full'])
  t.deepEqual(await history.add([beforeEntry(issuer, { now: Date.now() })]), ['new'])
  await until(() => revocation.isRevoked(tokenOf('any')))
  await t.throwsAsync(revocation.revoke(token('too many')), { name: 'RevocationsFull' })
})
