import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import test, { type ExecutionContext } from 'ava'
import { HashThreads } from '../../../../src/services/accounts/passwords/hash-threads.ts'
import { hasherOf, passwordOf, refusal } from '../../../fixtures/bcrypt/hasher.ts'
import { until } from '../../../helpers/until.ts'

const fixture = (name: string): URL => new URL(`../../../fixtures/bcrypt/${name}.ts`, import.meta.url)

function folderOf(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-hash-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}

/** The threads of this process that have not ended. */
const threads = new Set<Worker>()
process.on('worker', (thread: Worker) => {
  threads.add(thread)
  thread.once('exit', () => threads.delete(thread))
})

test.serial('no thread is there before the first password, nor after the end', async (t) => {
  t.timeout(120_000)
  const hasher = hasherOf(t)
  t.is(threads.size, 0)
  await hasher.hash(passwordOf('x'))
  t.is(threads.size, 1)
  await hasher.close()
  t.is(threads.size, 0)
})

test.serial('threads that have nothing to do end by themselves, and others start', async (t) => {
  t.timeout(120_000)
  const hashing = new HashThreads({ threads: 2, file: fixture('slow-worker'), idleTimeout: 10 })
  t.teardown(() => hashing.close())
  for (const password of ['one', 'two']) {
    t.is(await hashing.run({ kind: 'hash', password, cost: 4 }), password)
    await until(() => threads.size === 0)
  }
})

test.serial('a thread that cannot be started takes nothing from one that runs', async (t) => {
  t.timeout(120_000)
  const folder = folderOf(t)
  const [file, seat, worker] = [join(folder, 'go'), join(folder, 'seat'), join(folder, 'worker.mjs')]
  writeFileSync(
    worker,
    `import { existsSync, writeFileSync } from 'node:fs'
if (existsSync(${JSON.stringify(seat)})) {
  writeFileSync(${JSON.stringify(`${seat}.missed`)}, '')
  throw new Error('there is room for one')
}
writeFileSync(${JSON.stringify(seat)}, '')
export { default } from ${JSON.stringify(fixture('slow-worker').href)}`,
  )
  const hasher = hasherOf(t, { threads: 2, file: pathToFileURL(worker) })
  const first = hasher.hash(passwordOf(`wait ${file}`))
  await until(() => existsSync(`${file}.begun`))
  const second = hasher.hash(passwordOf('second'))
  await until(() => existsSync(`${seat}.missed`) && threads.size === 1)
  writeFileSync(file, '')
  t.is(await first, `wait ${file}`)
  t.is(await second, 'second')
})

test('a thread that dies takes its own job along, and no other', async (t) => {
  t.timeout(120_000)
  const file = join(folderOf(t), 'go')
  const hasher = hasherOf(t, { threads: 2, file: fixture('slow-worker') })
  const long = hasher.hash(passwordOf(`wait ${file}`))
  await until(() => existsSync(`${file}.begun`))
  const dying = [1, 2, 3].map(() => refusal(hasher.hash(passwordOf('die'))))
  const waiting = [1, 2, 3].map((n) => hasher.hash(passwordOf(`behind ${n}`)))
  for (const fault of await Promise.all(dying)) t.is(fault.code, 'unavailable')
  t.deepEqual(await Promise.all(waiting), ['behind 1', 'behind 2', 'behind 3'])
  writeFileSync(file, '')
  t.is(await long, `wait ${file}`)
})

test('a thread knows nothing of the environment, where secrets are', async (t) => {
  t.timeout(120_000)
  const hasher = hasherOf(t, { threads: 1, file: fixture('slow-worker') })
  t.is(await hasher.hash(passwordOf('env')), '')
})

test('work that throws is a fault, and its thread goes on', async (t) => {
  t.timeout(120_000)
  const hasher = hasherOf(t, { threads: 1, file: fixture('slow-worker') })
  t.is((await refusal(hasher.hash(passwordOf('throw')))).code, 'unavailable')
  t.is(await hasher.hash(passwordOf('next')), 'next')
})

test('where no thread can be started, every job is told so, each time', async (t) => {
  t.timeout(120_000)
  for (const file of [fixture('broken-worker'), fixture('not-there')]) {
    const hasher = hasherOf(t, { threads: 2, file })
    for (let round = 0; round < 2; round++) {
      const jobs = Array.from({ length: 5 }, () => refusal(hasher.hash(passwordOf('x'))))
      for (const fault of await Promise.all(jobs)) t.is(fault.code, 'unavailable')
    }
  }
})

test('the end does not wait for what runs', async (t) => {
  t.timeout(120_000)
  const file = join(folderOf(t), 'never')
  const hasher = hasherOf(t, { threads: 1, file: fixture('slow-worker') })
  const running = refusal(hasher.hash(passwordOf(`wait ${file}`)))
  await until(() => existsSync(`${file}.begun`))
  const waiting = refusal(hasher.hash(passwordOf('waiting')))
  const late = AbortSignal.timeout(20_000)
  await hasher.close()
  t.false(late.aborted)
  t.is((await running).code, 'unavailable')
  t.is((await waiting).code, 'unavailable')
})

test.serial('an end right after the first password leaves nothing behind', async (t) => {
  t.timeout(120_000)
  const hasher = hasherOf(t)
  const refused = refusal(hasher.hash(passwordOf('x')))
  await hasher.close()
  t.is((await refused).code, 'unavailable')
  t.is(threads.size, 0)
})

test('too many are refused, with the seconds after which there may be room', async (t) => {
  t.timeout(120_000)
  const file = join(folderOf(t), 'go')
  const hasher = hasherOf(t, { threads: 1, maxWaiting: 2, file: fixture('slow-worker') })
  const jobs = [1, 2, 3].map(() => hasher.hash(passwordOf(`wait ${file}`)))
  await until(() => existsSync(`${file}.begun`))
  const fault = await refusal(hasher.verifyNothing(passwordOf('x')))
  t.is(fault.code, 'overloaded')
  t.true(Number.isInteger(fault.retryAfter) && (fault.retryAfter ?? 0) >= 1)
  writeFileSync(file, '')
  await Promise.all(jobs)
  t.deepEqual(await hasher.verifyNothing(passwordOf('x')), { matches: false, needsRehash: false })
})

test('a job whose caller has gone is not hashed', async (t) => {
  t.timeout(120_000)
  const folder = folderOf(t)
  const [file, other] = [join(folder, 'go'), join(folder, 'other')]
  const hasher = hasherOf(t, { threads: 1, maxWaiting: 1, file: fixture('slow-worker') })
  const running = hasher.hash(passwordOf(`wait ${file}`))
  await until(() => existsSync(`${file}.begun`))
  const caller = new AbortController()
  const gone = refusal(hasher.hash(passwordOf(`wait ${other}`), { signal: caller.signal }))
  caller.abort()
  t.is((await gone).code, 'cancelled')
  const next = hasher.hash(passwordOf('next'))
  writeFileSync(file, '')
  await running
  t.is(await next, 'next')
  t.false(existsSync(`${other}.begun`))
})

test('eight at a time, one after the other: each has its own answer', async (t) => {
  t.timeout(240_000)
  const hasher = hasherOf(t)
  const password = passwordOf('correct horse battery staple')
  const hash = await hasher.hash(password)
  let left = 400
  const client = async () => {
    while (left-- > 0) {
      const isKnown = left % 2 === 0
      const { matches } = await (isKnown ? hasher.verify(password, hash) : hasher.verifyNothing(password))
      t.is(matches, isKnown)
    }
  }
  await Promise.all(Array.from({ length: 8 }, client))
})

test('an idle hasher keeps no process alive', async (t) => {
  t.timeout(120_000)
  const child = new Worker(
    `import { hasherOf, passwordOf } from '${new URL('../../../fixtures/bcrypt/hasher.ts', import.meta.url).href}'
const hasher = hasherOf({ teardown: () => {} })
await hasher.hash(passwordOf('x'))`,
    { eval: true, execArgv: ['--input-type=module'] },
  )
  const [code] = await once(child, 'exit')
  t.is(code, 0)
})

test('24 wait for each thread unless told, and a login finds the place that background work may not take', async (t) => {
  t.timeout(120_000)
  const file = join(folderOf(t), 'go')
  const hasher = hasherOf(t, { threads: 1, file: fixture('slow-worker') })
  const job = (urgency: 'background' | 'interactive') => hasher.hash(passwordOf(`wait ${file}`), { urgency })
  const background = Array.from({ length: 13 }, () => job('background'))
  t.is((await refusal(job('background'))).code, 'overloaded')
  const logins = Array.from({ length: 12 }, () => job('interactive'))
  t.is((await refusal(job('interactive'))).code, 'overloaded')
  writeFileSync(file, '')
  await Promise.all([...background, ...logins])
  t.pass()
})
