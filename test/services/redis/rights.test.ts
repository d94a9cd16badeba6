/** The rights that `docs/many-nodes.md` tells to give are enough for all that is kept in Redis, and reach nothing else. */

import { readFileSync } from 'node:fs'
import test from 'ava'
import { Redis } from 'ioredis'
import { systemClock } from '../../../src/services/clock.ts'
import { memoryCounters } from '../../../src/services/counters/memory.ts'
import { memorySlots } from '../../../src/services/counters/memory-slots.ts'
import { redisCounters } from '../../../src/services/counters/redis/counters.ts'
import { RedisSlots } from '../../../src/services/counters/redis-slots/redis-slots.ts'
import { tokenEntry } from '../../../src/services/revocation/entry.ts'
import { sharedRevocation } from '../../../src/services/revocation/shared-revocation.ts'
import { sliding } from '../counters/limits.ts'
import { open, startServer } from './stores.ts'

const [, rights = ''] =
  /`user gate on >… ([^`]+)`/.exec(readFileSync(new URL('../../../docs/many-nodes.md', import.meta.url), 'utf8')) ?? []

test('limits, slots and revocations need no other right', async (t) => {
  const { url, admin } = await startServer(t)
  await admin.call('ACL', 'SETUSER', 'gate', 'on', '>secret', ...rights.split(' '))
  const { store, world } = await open(t, url.replace('//', '//gate:secret@'), { deadline: 2_000 })
  const parts = { store, prefix: 'portcullis', nodes: 1, clock: systemClock, metrics: world.metrics }
  const counters = redisCounters(store, { ...parts, local: memoryCounters(systemClock) })
  for (const allowed of [true, false])
    t.is((await counters.take([{ limit: sliding({ limit: 1 }), key: 'a', cost: 1 }])).allowed, allowed)

  const slots = new RedisSlots({ ...parts, local: memorySlots(world.metrics) })
  const terms = { max: 1, queue: 1, wait: 5_000 }
  const held = slots.sharedPool('shop/all').take('a', terms)
  t.true(await held?.turn)
  const waiting = slots.sharedPool('shop/all').take('a', terms)
  held?.giveBack()
  t.true(await waiting?.turn)
  await slots.close()

  const revocation = await sharedRevocation({ store, prefix: 'portcullis' }, { ...world, clock: systemClock })
  t.is(
    await revocation.revoke(tokenEntry('https://login.example/', 'one', { now: Date.now(), until: undefined })),
    'stored',
  )
  revocation.close()
  t.deepEqual(world.lines, [])
  t.is(world.metrics.store.failed, 0)
})

test('they reach no other key, and no command that is dangerous', async (t) => {
  const { url, port, admin } = await startServer(t)
  await admin.call('ACL', 'SETUSER', 'gate', 'on', '>secret', ...rights.split(' '))
  await open(t, url.replace('//', '//gate:secret@'))
  const gate = new Redis({ port, username: 'gate', password: 'secret', enableReadyCheck: false, protocol: 2 })
  t.teardown(() => gate.disconnect())
  for (const command of ['GET another:key', 'FLUSHALL', 'FLUSHDB', 'KEYS *', 'CONFIG GET *', 'SHUTDOWN']) {
    const [name = '', ...args] = command.split(' ')
    await t.throwsAsync(gate.call(name, ...args), { message: /^NOPERM/ }, command)
  }
})
