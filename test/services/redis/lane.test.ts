/** The circuit of one server, by a server that is made of promises. */

import test, { type ExecutionContext } from 'ava'
import { systemClock } from '../../../src/services/clock.ts'
import { Lane } from '../../../src/services/redis/lane.ts'
import { StoreAway } from '../../../src/services/redis/store.ts'
import { notedWorld } from '../../helpers/noted-world.ts'
import { until } from '../../helpers/until.ts'

function makeLane(t: ExecutionContext) {
  const world = { ...notedWorld(), clock: systemClock }
  const seen = { probes: 0, drops: [] as string[], took: 1, isDead: false }
  const ending = new AbortController()
  const probe = async () => {
    seen.probes++
    if (seen.isDead) throw new Error('dead')
    return seen.took
  }
  const drop = (reason: string) => void seen.drops.push(reason)
  const lane = new Lane({ world, server: 'one', deadline: 20, signal: ending.signal, probe, drop })
  const close = () => {
    ending.abort()
    lane.close()
  }
  // A circuit keeps no process alive.
  const alive = setInterval(() => {}, 1_000)
  t.teardown(() => {
    clearInterval(alive)
    close()
  })
  return { lane, seen, world, close }
}

const replyError = (message: string) => Object.assign(new Error(message), { name: 'ReplyError' })
const never = () => new Promise(() => {})

test('a server that goes away again and again has to answer more and more probes in a row', async (t) => {
  const { lane, seen } = makeLane(t)
  for (const probes of [1, 2, 4, 4]) {
    seen.probes = 0
    lane.open('gone')
    await lane.whenBack()
    t.is(seen.probes, probes)
  }
})

test('what is over in a moment is no news, but counted', async (t) => {
  const { lane, world } = makeLane(t)
  lane.open('gone')
  t.false(world.metrics.store.servers.get('one'))
  await lane.whenBack()
  t.true(world.metrics.store.servers.get('one'))
  t.deepEqual(world.lines, [])
  t.is(world.status.faults.size, 0)
})

test('probes that take longer than an answer may do not close it', async (t) => {
  const { lane, seen } = makeLane(t)
  seen.took = 21
  lane.open('gone')
  await until(() => seen.probes === 3)
  t.true(lane.isAway)
  t.is(lane.reason, 'an answer takes 21 ms')
  seen.took = 20
  await lane.whenBack()
  t.is(lane.reason, '')
})

test('an ask that nobody answers fails by its deadline, and all after it at once, unasked', async (t) => {
  const { lane, seen, world } = makeLane(t)
  seen.isDead = true
  await t.throwsAsync(lane.ask(never), { instanceOf: StoreAway, message: 'no answer within 20 ms' })
  let asked = 0
  const ask = async () => asked++
  await t.throwsAsync(lane.ask(ask), { instanceOf: StoreAway })
  t.is(asked, 0)
  t.like(world.metrics.store, { late: 1, skipped: 1, failed: 0 })
})

test('an answer that comes after the deadline, or an error, changes nothing any more', async (t) => {
  const { lane, world } = makeLane(t)
  const late = Promise.withResolvers<unknown>()
  const failed = Promise.withResolvers<unknown>()
  const asked = [late, failed].map(({ promise }) => lane.ask(() => promise).catch((error) => error.message))
  t.deepEqual(await Promise.all(asked), ['no answer within 20 ms', 'no answer within 20 ms'])
  await lane.whenBack()
  late.resolve('late')
  failed.reject(new Error('late'))
  await new Promise((turn) => setImmediate(turn))
  t.false(lane.isAway)
  t.like(world.metrics.store, { late: 2, failed: 0 })
  t.is(
    world.metrics.store.buckets.reduce((a, b) => a + b),
    0,
  )
})

test('a connection that leads to the wrong server or user is given up', async (t) => {
  for (const [message, drops] of [
    ['READONLY You can’t write', 1],
    ['NOAUTH Authentication required.', 1],
    ['OOM command not allowed', 0],
    ['LOADING', 0],
    ['ERR unknown', 0],
  ] as const) {
    const { lane, seen } = makeLane(t)
    seen.isDead = !message.startsWith('ERR')
    await t.throwsAsync(lane.ask(() => Promise.reject(replyError(message))))
    t.is(seen.drops.length, drops, message)
    t.is(lane.isAway, seen.isDead)
  }
})

test('a closed one asks nothing, ends who waits, and says no more', async (t) => {
  const { lane, seen, world, close } = makeLane(t)
  seen.isDead = true
  const waiting = lane.ask(never)
  lane.open('gone', 0)
  await until(() => world.status.faults.has('state'))
  close()
  await t.throwsAsync(waiting, { instanceOf: StoreAway })
  await t.throwsAsync(
    lane.ask(async () => t.fail()),
    { instanceOf: StoreAway },
  )
  const { probes } = seen
  await new Promise((resolve) => setTimeout(resolve, 500))
  t.is(seen.probes, probes)
  t.is(world.status.faults.size, 0)
  t.is(world.metrics.store.servers.size, 0)
})
