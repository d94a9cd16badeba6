import { AsyncLocalStorage } from 'node:async_hooks'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { HashQueue } from '../../../../src/services/accounts/passwords/hash-queue.ts'
import { refusal } from '../../../fixtures/bcrypt/hasher.ts'
import { until } from '../../../helpers/until.ts'

function queueOf(t: ExecutionContext, atOnce: number, maxWaiting: number): HashQueue {
  const queue = new HashQueue({ atOnce, maxWaiting })
  t.teardown(() => queue.close())
  return queue
}

/** Work that ends when it is told to. */
function held(name: string, log: string[]) {
  const { promise, resolve } = Promise.withResolvers<string>()
  const work = () => {
    log.push(name)
    return promise
  }
  return { work, end: () => resolve(name) }
}

/** Bottleneck lines up what it is given in some turns of its own timers. */
async function linedUp(): Promise<void> {
  for (let turns = 0; turns < 50; turns++) await new Promise((turn) => setTimeout(turn, 1))
}

test('runs so many at once, and the others in their order', async (t) => {
  const [queue, log] = [queueOf(t, 2, 10), [] as string[]]
  const jobs = ['a', 'b', 'c', 'd'].map((name) => held(name, log))
  const results = jobs.map(({ work }) => queue.run(work))
  await until(() => log.length === 2)
  t.is(queue.admitted, 4)
  jobs[1]?.end()
  t.is(await results[1], 'b')
  await until(() => log.length === 3)
  for (const { end } of jobs) end()
  t.deepEqual(await Promise.all(results), ['a', 'b', 'c', 'd'])
  t.deepEqual(log, ['a', 'b', 'c', 'd'])
  t.is(queue.admitted, 0)
})

test('refuses at once what would wait too long, and takes others when there is room', async (t) => {
  const [queue, log] = [queueOf(t, 1, 2), [] as string[]]
  const jobs = ['a', 'b', 'c'].map((name) => held(name, log))
  const results = jobs.map(({ work }) => queue.run(work))
  t.is((await refusal(queue.run(async () => 'd'))).code, 'overloaded')
  jobs[0]?.end()
  await results[0]
  const late = queue.run(async () => 'e')
  for (const { end } of jobs) end()
  t.is(await late, 'e')
  t.is(queue.admitted, 0)
})

test('who waits at a login goes before what nobody waits for, and always finds a place', async (t) => {
  const [queue, log] = [queueOf(t, 1, 4), [] as string[]]
  const first = held('first', log)
  const running = queue.run(first.work)
  await until(() => log.length === 1)
  const order: string[] = []
  const note = (name: string) => async () => void order.push(name)
  const background = [1, 2].map((n) => queue.run(note(`background ${n}`), { urgency: 'background' }))
  t.is((await refusal(queue.run(note('too many'), { urgency: 'background' }))).code, 'overloaded')
  const logins = [1, 2].map((n) => queue.run(note(`login ${n}`)))
  t.is((await refusal(queue.run(note('too many')))).code, 'overloaded')
  await linedUp()
  first.end()
  await Promise.all([running, ...background, ...logins])
  t.deepEqual(order, ['login 1', 'login 2', 'background 1', 'background 2'])
})

test('a job whose caller has gone leaves its place at once and never runs', async (t) => {
  const [queue, log] = [queueOf(t, 1, 1), [] as string[]]
  const first = held('first', log)
  const running = queue.run(first.work)
  await until(() => log.length === 1)
  for (let round = 0; round < 3; round++) {
    const caller = new AbortController()
    const gone = queue.run(held('gone', log).work, { signal: caller.signal })
    t.is(queue.admitted, 2)
    caller.abort()
    t.is((await refusal(gone)).code, 'cancelled')
    t.is(queue.admitted, 1)
  }
  const next = queue.run(async () => 'next')
  first.end()
  t.is(await running, 'first')
  t.is(await next, 'next')
  t.deepEqual(log, ['first'])
})

test('a caller who has gone before is not let in, and one who goes while it runs has its result', async (t) => {
  const [queue, log] = [queueOf(t, 1, 1), [] as string[]]
  t.is((await refusal(queue.run(async () => 1, { signal: AbortSignal.abort() }))).code, 'cancelled')
  const caller = new AbortController()
  const job = held('job', log)
  const running = queue.run(job.work, { signal: caller.signal })
  await until(() => log.length === 1)
  caller.abort()
  t.is(queue.admitted, 1)
  job.end()
  t.is(await running, 'job')
  t.is(queue.admitted, 0)
})

test('callers who come and go without end fill neither the queue nor the memory', async (t) => {
  const [queue, log] = [queueOf(t, 1, 2), [] as string[]]
  const first = held('first', log)
  const running = queue.run(first.work)
  await until(() => log.length === 1)
  for (let round = 0; round < 1_000; round++) {
    const caller = new AbortController()
    const gone = queue.run(async () => 1, { signal: caller.signal })
    caller.abort()
    const { code } = await refusal(gone)
    t.true(code === 'cancelled' || code === 'overloaded')
  }
  t.is(queue.admitted, 1)
  first.end()
  await running
  t.is(await queue.run(async () => 'served'), 'served')
  t.is(queue.admitted, 0)
})

test('runs the work in the async context of its caller', async (t) => {
  const queue = queueOf(t, 1, 100)
  const storage = new AsyncLocalStorage<number>()
  const callers = Array.from({ length: 20 }, (_, caller) =>
    storage.run(caller, async () => {
      const inside = await queue.run(async () => {
        await null
        return storage.getStore()
      })
      return [inside, storage.getStore()]
    }),
  )
  t.deepEqual(
    await Promise.all(callers),
    callers.map((_, caller) => [caller, caller]),
  )
})

test('work that fails gives its place to the next', async (t) => {
  const queue = queueOf(t, 1, 4)
  const failing = queue.run(() => Promise.reject(new Error('no')))
  const thrown = queue.run(() => {
    throw new Error('at once')
  })
  const next = queue.run(async () => 'next')
  await t.throwsAsync(failing, { message: 'no' })
  await t.throwsAsync(thrown, { message: 'at once' })
  t.is(await next, 'next')
  t.is(queue.admitted, 0)
})

test('its end drops what waits and lets end what runs', async (t) => {
  const [queue, log] = [queueOf(t, 1, 4), [] as string[]]
  const first = held('first', log)
  const running = queue.run(first.work)
  await until(() => log.length === 1)
  const waiting = queue.run(held('second', log).work)
  const closed = queue.close()
  t.is((await refusal(waiting)).code, 'unavailable')
  t.is((await refusal(queue.run(async () => 1))).code, 'unavailable')
  first.end()
  t.is(await running, 'first')
  await closed
  t.deepEqual(log, ['first'])
  t.is(queue.admitted, 0)
})

test('whatever comes, goes and fails, never more run than may, and all are answered', async (t) => {
  const plan = fc.array(
    fc.record({ background: fc.boolean(), abort: fc.option(fc.nat(6)), turns: fc.nat(3), fails: fc.boolean() }),
    { maxLength: 40 },
  )
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.nat(6), plan, async (atOnce, maxWaiting, jobs) => {
      const queue = new HashQueue({ atOnce, maxWaiting })
      let [running, most] = [0, 0]
      const work = (turns: number, fails: boolean) => async () => {
        most = Math.max(most, ++running)
        for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
        running--
        if (fails) throw new Error('as planned')
      }
      const answers = jobs.map(async ({ background, abort, turns, fails }) => {
        const caller = new AbortController()
        const urgency = background ? 'background' : 'interactive'
        const answer = queue.run(work(turns, fails), { urgency, signal: caller.signal })
        if (abort !== null) void Promise.resolve().then(() => setTimeout(() => caller.abort(), abort))
        return answer
      })
      await Promise.allSettled(answers)
      t.true(most <= atOnce)
      t.is(queue.admitted, 0)
      await queue.close()
    }),
    { numRuns: 60 },
  )
})
