import test from 'ava'
import fc from 'fast-check'
import type { Batch, Limit, Take } from '../../../../src/services/counters/counters.ts'
import { memoryCounters } from '../../../../src/services/counters/memory.ts'
import { memorySlots } from '../../../../src/services/counters/memory-slots.ts'
import { Desk } from '../../../../src/services/counters/primary/desk.ts'
import { asked } from '../../../../src/services/counters/primary/messages.ts'
import { primaryCounters } from '../../../../src/services/counters/primary/primary-counters.ts'
import { PrimarySlots } from '../../../../src/services/counters/primary/primary-slots.ts'
import { WorkerCounts } from '../../../../src/services/counters/primary/worker-counts.ts'
import type { Terms } from '../../../../src/services/counters/slots.ts'
import { Metrics } from '../../../../src/services/metrics.ts'
import { HandClock } from '../../../helpers/hand-clock.ts'
import { linked } from '../../../helpers/linked.ts'
import { until } from '../../../helpers/until.ts'
import { bucket, sliding } from '../limits.ts'

/** A primary, and a way to start workers of it. */
function node() {
  const clock = new HandClock()
  const metrics = new Metrics()
  const counted = { counters: memoryCounters(clock), slots: memorySlots(metrics) }
  const start = () => {
    const link = linked()
    new WorkerCounts(link.primary, counted)
    const own = new Metrics()
    const desk = new Desk(link.worker, clock, (answers) => slots.hear(answers))
    const slots: PrimarySlots = new PrimarySlots({ desk, workers: 2, local: memorySlots(own) })
    link.worker.ended(() => slots.end())
    const counters = primaryCounters({ desk, workers: 2, local: memoryCounters(clock), clock, metrics: own })
    return { ...link, counters, slots, metrics: own }
  }
  return { clock, metrics, start }
}

const takeOf = (limit: Limit, key = 'a', cost = 1): readonly Take[] => [{ limit, key, cost }]

test('workers together take no more than the limit, and exactly that', async (t) => {
  for (const limit of [bucket({ limit: 100 }), sliding({ limit: 100 })]) {
    const { start } = node()
    const workers = [start(), start(), start(), start()]
    const batches = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => workers[index % 4]?.counters.take(takeOf(limit))),
    )
    t.is(batches.filter((batch) => batch?.allowed).length, 100)
  }
})

test('what comes in one tick travels together', async (t) => {
  const { start } = node()
  const { counters, counts } = start()
  await Promise.all(Array.from({ length: 500 }, (_, index) => counters.take(takeOf(bucket(), `${index}`))))
  t.deepEqual(counts, { toPrimary: 1, toWorker: 1 })
})

test('decides and tells as counters in memory do, whatever is taken', async (t) => {
  const limits = [
    bucket({ id: 'a', burst: 3 }),
    sliding({ id: 'b', limit: 4 }),
    bucket({ id: 'c', limit: 1_000, period: 7 }),
  ]
  const key = fc.oneof(
    fc.constantFrom('a', 'b', '\ud800', '\udfff', 'é\n"'),
    fc.string({ minLength: 120, maxLength: 300 }),
  )
  const take = fc.record({ limit: fc.constantFrom(...limits), key, cost: fc.constantFrom(1, 1, 2, 5) })
  const step = fc.record({ takes: fc.array(take, { minLength: 1, maxLength: 3 }), pass: fc.nat(20_000) })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { clock, start } = node()
      const { counters } = start()
      const model = memoryCounters(clock)
      for (const { takes, pass } of steps) {
        clock.pass(pass)
        const batch: Batch = await counters.take(takes)
        const expected = model.take(takes)
        // Who is known to be over one limit is refused without a word on the others.
        const standings = expected.standings.map((standing, index) => batch.standings[index] && standing)
        t.is(batch.allowed, expected.allowed)
        if (batch.allowed) t.deepEqual(batch.standings, standings)
        else t.true(batch.standings.some((standing) => (standing?.retryAfter ?? 0) > 0))
      }
    }),
    { numRuns: 60 },
  )
})

test('who is over a limit is refused without asking, until it fits again', async (t) => {
  const { clock, start } = node()
  const { counters, counts } = start()
  const limit = bucket({ limit: 1, period: 1_000 })
  t.true((await counters.take(takeOf(limit))).allowed)
  t.false((await counters.take(takeOf(limit))).allowed)
  for (let index = 0; index < 100; index++) t.false((await counters.take(takeOf(limit))).allowed)
  t.is(counts.toPrimary, 2)
  clock.pass(1_000)
  t.true((await counters.take(takeOf(limit))).allowed)
  t.is((await counters.take(takeOf(limit, 'a', 2))).standings[0]?.retryAfter, Infinity)
})

test('a limit that is compiled anew with the same numbers is not named again', async (t) => {
  const { start } = node()
  const { counters, primary, worker } = start()
  const named: unknown[] = []
  const { receive } = primary
  const watch = (message: unknown) => {
    const { portcullis, body } = message as { portcullis: string; body: { limits: unknown[] } }
    if (portcullis === asked) named.push(...body.limits)
    receive(message)
  }
  Object.assign(primary, { receive: watch })
  for (let index = 0; index < 10; index++) await counters.take(takeOf(bucket({ limit: 50 })))
  t.is(named.length, 1)
  t.false(worker.isClosed)
})

test('a limit whose numbers change goes on with what was used', async (t) => {
  const { start } = node()
  const [one, two] = [start(), start()]
  for (let index = 0; index < 10; index++) await one.counters.take(takeOf(sliding({ limit: 10 })))
  t.false((await two.counters.take(takeOf(sliding({ limit: 10 })))).allowed)
  t.is((await two.counters.take(takeOf(sliding({ limit: 12 })))).standings[0]?.remaining, 1)
})

test('without a primary each limit does as it says for a store that is away', async (t) => {
  const { start } = node()
  const { counters, cut, metrics } = start()
  const waiting = counters.take(takeOf(bucket({ id: 'local', limit: 10 })))
  cut()
  t.true((await waiting).allowed)
  let taken = 1
  while ((await counters.take(takeOf(bucket({ id: 'local', limit: 10 })))).allowed) taken++
  t.is(taken, 5)
  t.true((await counters.take(takeOf(bucket({ id: 'all', limit: 1, onStoreFailure: 'allow' })))).allowed)
  t.is((await counters.take(takeOf(bucket({ id: 'none', onStoreFailure: 'deny' })))).unavailable?.id, 'none')
  t.is(metrics.limitFallbacks.of({ limit: 'local', mode: 'local' }), 6)
})

test('what is no message of a worker is told of, and counts nothing', async (t) => {
  const { start } = node()
  const { worker, failures, counters } = start()
  for (const body of [null, 7, {}, { limits: [], takes: [1, 99, 'a', 1], slots: [], back: [] }])
    worker.tell(asked, body)
  await until(() => failures.length === 4)
  t.true(failures.every((failure) => failure instanceof TypeError))
  t.true((await counters.take(takeOf(bucket()))).allowed)
})

const terms: Terms = { max: 2, queue: 1, wait: 60_000 }

test('slots are those of all workers, in the order in which they were asked for', async (t) => {
  const { start, metrics } = node()
  const [one, two] = [start(), start()]
  const held = [one.slots.pool('p').take('k', terms), two.slots.pool('p').take('k', terms)]
  for (const ticket of held) t.true(await ticket?.turn)
  const waiting = one.slots.pool('p').take('k', terms)
  await until(() => metrics.slotTally('p').waiting === 1)
  const refused = two.slots.pool('p').take('k', terms)
  t.false(await refused?.turn)
  t.true(refused?.wasFull)
  t.true(await two.slots.pool('p').take('another', terms)?.turn)
  held[1]?.giveBack()
  held[1]?.giveBack()
  t.true(await waiting?.turn)
  t.is(metrics.slotTally('p').inUse, 3)
})

test('what a dead worker held or waited for is free', async (t) => {
  const { start, metrics } = node()
  const [one, two] = [start(), start()]
  for (let index = 0; index < 2; index++) t.true(await one.slots.pool('p').take('k', terms)?.turn)
  const lost = one.slots.pool('p').take('k', terms)
  await until(() => metrics.slotTally('p').waiting === 1)
  one.cut()
  t.false(await lost?.turn)
  t.like(metrics.slotTally('p'), { inUse: 0, waiting: 0 })
  t.true(await two.slots.pool('p').take('k', terms)?.turn)
  t.true((await one.slots.pool('p').take('k', { ...terms, max: 1 })?.turn) ?? true)
})

test('who waits too long, or leaves, has no slot and blocks none', async (t) => {
  const { start, metrics } = node()
  const { slots } = start()
  const one: Terms = { max: 1, queue: 5, wait: 60_000 }
  const held = slots.pool('p').take('k', one)
  t.true(await held?.turn)
  const late = slots.pool('p').take('k', { ...one, wait: 20 })
  t.false(await late?.turn)
  t.false(late?.wasFull)
  const gone = slots.pool('p').take('k', one)
  gone?.giveBack()
  t.false(await gone?.turn)
  // Given back before it was heard of.
  const next = slots.pool('p').take('k', one)
  await until(() => metrics.slotTally('p').waiting === 1)
  held?.giveBack()
  t.true(await next?.turn)
  next?.giveBack()
  await until(() => metrics.slotTally('p').inUse === 0)
  t.like(metrics.slotTally('p'), { waiting: 0, late: 1 })
})

test('slots are given back whatever happens between the processes', async (t) => {
  const step = fc.record({ worker: fc.nat(1), kind: fc.constantFrom('take', 'take', 'back', 'turn'), at: fc.nat(10) })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { start, metrics } = node()
      const workers = [start(), start()]
      const tickets: { giveBack(): void }[] = []
      for (const { worker, kind, at } of steps) {
        if (kind === 'take') {
          const ticket = workers[worker]?.slots.pool('p').take('k', { max: 2, queue: 3, wait: 60_000 })
          if (ticket) tickets.push(ticket)
        } else if (kind === 'back') tickets[at]?.giveBack()
        else await new Promise((turn) => setImmediate(turn))
        t.true(metrics.slotTally('p').inUse <= 2)
      }
      for (const ticket of tickets) ticket.giveBack()
      for (let turn = 0; turn < 8; turn++) await new Promise((next) => setImmediate(next))
      t.like(metrics.slotTally('p'), { inUse: 0, waiting: 0 })
    }),
    { numRuns: 100 },
  )
})
