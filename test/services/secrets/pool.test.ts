/** What policies read of secrets: kept while the provider is away, told when it is another one, accepted while it rotates. */

import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { systemClock } from '../../../src/services/clock.ts'
import type { Log } from '../../../src/services/log.ts'
import { SecretPool } from '../../../src/services/secrets/pool.ts'
import { SecretFault } from '../../../src/services/secrets/secrets.ts'
import { readSecretSettings, type WrittenSecrets } from '../../../src/services/secrets/settings.ts'
import { Status } from '../../../src/services/status.ts'
import { emptyFolder } from '../../helpers/gate.ts'
import { awsEnvironment, SecretsManagerServer } from '../../helpers/secrets-manager-server.ts'
import { until } from '../../helpers/until.ts'

Object.assign(process.env, awsEnvironment)

interface Timer {
  readonly run: () => void
  readonly milliseconds: number
}

/** A pool whose time the test moves. */
function bench() {
  const lines: string[] = []
  const changed: (readonly string[])[] = []
  const timers = new Set<Timer>()
  const time = { now: Date.now() }
  const write = (...parts: unknown[]) => void lines.push(String(parts.at(-1)))
  const log = { info: write, warn: write, error: write, debug: write } as unknown as Log
  const later = (run: () => void, milliseconds: number) => {
    const timer = { run, milliseconds }
    timers.add(timer)
    return () => void timers.delete(timer)
  }
  const clock = { now: () => time.now, monotonic: () => time.now }
  const status = new Status()
  const pool = new SecretPool({ clock, status, log, later })
  pool.listen((names) => changed.push(names))
  /** Runs what is planned. */
  const pass = (milliseconds: number) => {
    time.now += milliseconds
    for (const timer of timers)
      if (timer.milliseconds <= milliseconds * 1.2) {
        timers.delete(timer)
        timer.run()
      }
  }
  return { pool, log, lines, changed, timers, status, pass, time }
}

const minutes = 60_000

async function startAws(t: ExecutionContext, more: Partial<WrittenSecrets> = {}) {
  const server = await SecretsManagerServer.start(t)
  const settings = readSecretSettings({ provider: 'aws', endpoint: server.endpoint, deadline: '20s', ...more })
  return { server, settings, ...bench() }
}

test('one call a secret, however many references and reloads', async (t) => {
  const { server, settings, pool, pass } = await startAws(t)
  server.put('shop', JSON.stringify({ user: 'gate', password: 'x7Kq2mVb9Lp4', port: 6380 }))
  const first = await pool.open(settings)
  const texts = await Promise.all(
    ['shop#user', 'shop#password', 'shop#port', 'shop', 'shop#user'].map(async (name) =>
      (await first.read(name)).reveal(),
    ),
  )
  t.deepEqual([...texts.slice(0, 3), texts[4]], ['gate', 'x7Kq2mVb9Lp4', '6380', 'gate'])
  for (let reload = 0; reload < 100; reload++) {
    const next = await pool.open(settings)
    await next.read('shop#user')
    next.close()
  }
  t.is(server.calls.length, 1)
  pass(6_000)
  await (await pool.open(settings)).read('shop#user')
  t.is(server.calls.length, 2)
})

test('refuses a member that is not there, quoting nothing', async (t) => {
  const { server, settings, pool } = await startAws(t)
  server.put('shop', '{"password":"x7Kq2mVb9Lp4","nested":{"a":1},"empty":""}')
  server.put('text', 'x7Kq2mVb9Lp4')
  server.put('list', '["x7Kq2mVb9Lp4"]')
  const reading = await pool.open(settings)
  for (const name of [
    'shop#other',
    'shop#nested',
    'shop#empty',
    'shop#__proto__',
    'shop#toString',
    'shop#',
    'text#a',
    'list#0',
    'text#length',
  ]) {
    const fault = await t.throwsAsync(reading.read(name), { instanceOf: SecretFault }, name)
    t.false(fault?.isOutage)
    t.notRegex(fault?.message ?? '', /x7Kq/)
  }
  t.is(server.calls.length, 3)
})

test('tells once what was rotated, by name, and only where it is in force', async (t) => {
  const { server, settings, pool, pass, changed, lines } = await startAws(t)
  for (const name of ['a', 'b']) server.put(name, `${name}-one-value`)
  const old = await pool.open(settings)
  await Promise.all([old.read('a'), old.read('b')])
  old.follow()
  server.put('b', 'b-two-value')
  pass(5 * minutes)
  await until(() => changed.length > 0)
  t.deepEqual(changed, [['b']])
  t.deepEqual(lines, ['secrets have changed: `b`; the policies are loaded anew'])
  const next = await pool.open(settings)
  t.is((await next.read('b')).reveal(), 'b-two-value')
  await next.read('a')
  next.follow()
  pass(5 * minutes)
  await until(() => server.gets('a') === 3)
  await new Promise(setImmediate)
  t.is(changed.length, 1)
  old.close()
  next.close()
})

test('asks again as long as what is in force is not what is there', async (t) => {
  const { server, settings, pool, pass, changed } = await startAws(t)
  server.put('a', 'one-value')
  const kept = await pool.open(settings)
  await kept.read('a')
  kept.follow()
  server.put('a', 'weak')
  pass(5 * minutes)
  await until(() => changed.length === 1)
  const refused = await pool.open(settings)
  await refused.read('a')
  refused.close()
  pass(5 * minutes)
  await until(() => changed.length === 2)
  t.deepEqual(changed, [['a'], ['a']])
  kept.close()
})

test('keeps what was read last while the service is away, says so once, and looks sooner', async (t) => {
  const { server, settings, pool, pass, lines, status, timers, changed } = await startAws(t, { deadline: '20s' })
  server.put('a', 'one-value')
  const first = await pool.open(settings)
  await first.read('a')
  first.follow()
  server.mood = 'denied'
  pass(5 * minutes)
  await until(() => status.faults.size > 0)
  t.regex(status.faults.get('secrets') ?? '', /`a` cannot be read.*AccessDenied/)
  await until(() => [...timers].some(({ milliseconds }) => milliseconds < 6_000))
  const second = await pool.open(settings)
  t.is((await second.read('a')).reveal(), 'one-value')
  t.is(lines.length, 1)
  t.regex(lines[0] ?? '', /the value that was read last stays in use$/)
  server.mood = 'well'
  pass(5_000)
  await until(() => status.faults.size === 0)
  t.is(lines.at(-1), 'the secret `a` can be read again')
  t.deepEqual(changed, [])
})

test('what is gone is refused to who asks for it, and stays in use meanwhile', async (t) => {
  const { server, settings, pool, pass, status } = await startAws(t)
  server.put('a', 'one-value')
  const first = await pool.open(settings)
  await first.read('a')
  first.follow()
  server.remove('a')
  pass(5 * minutes)
  await until(() => status.faults.size > 0)
  const second = await pool.open(settings)
  t.false((await t.throwsAsync(second.read('a'), { instanceOf: SecretFault }))?.isOutage)
})

test('a secret that nobody has had yet is an outage where the service is away, in the time of a start', async (t) => {
  const { server, settings, pool } = await startAws(t, { deadline: '5s' })
  server.mood = 'throttled'
  const fault = await t.throwsAsync((await pool.open(settings)).read('a'), { instanceOf: SecretFault })
  t.true(fault?.isOutage)
  t.regex(fault?.message ?? '', /`a` cannot be read from Secrets Manager: it asks for fewer calls/)
})

test('accepts the value before for the overlap, and the one to come', async (t) => {
  const { server, settings, pool, time, pass, changed } = await startAws(t)
  const read = async () => {
    const reading = await pool.open(settings)
    const { reveal } = { reveal: (await reading.read('k#key', { verifies: true })).reveal() }
    reading.follow()
    return reading.othersOf(reveal).map(({ secret, until }) => [secret.reveal(), until && until - time.now])
  }
  const write = (key: string) => JSON.stringify({ key })
  server.put('k', write('zero'), time.now - 500 * minutes)
  server.put('k', write('one'), time.now - 50 * minutes)
  t.deepEqual(await read(), [['zero', 10 * minutes]])
  server.putPending('k', write('two'))
  pass(5 * minutes)
  await until(() => changed.length === 1)
  t.deepEqual(await read(), [
    ['two', undefined],
    ['zero', 5 * minutes],
  ])
  server.promote('k')
  pass(5 * minutes)
  await until(() => changed.length === 2)
  // Who has seen the rotation knows that the value before was in use until then.
  t.deepEqual((await read())[0], ['one', 60 * minutes])
  pass(61 * minutes)
  t.deepEqual(await read(), [])
})

test('accepts no value before where the overlap is nothing', async (t) => {
  const { server, settings, pool, time } = await startAws(t, { overlap: '0s' })
  server.put('k', 'one', time.now)
  server.put('k', 'two', time.now)
  const reading = await pool.open(settings)
  t.deepEqual(reading.othersOf((await reading.read('k', { verifies: true })).reveal()), [])
})

test('lets go of everything with the last who read', async (t) => {
  const { server, settings, pool, timers, status, pass } = await startAws(t)
  server.put('a', 'one-value')
  const readings = [await pool.open(settings), await pool.open(settings)]
  for (const reading of readings) {
    await reading.read('a')
    reading.follow()
  }
  server.remove('a')
  pass(5 * minutes)
  await until(() => status.faults.size > 0)
  for (const reading of [...readings, ...readings]) reading.close()
  t.deepEqual([timers.size, status.faults.size], [0, 0])
  server.put('a', 'two-value')
  t.is((await (await pool.open(settings)).read('a')).reveal(), 'two-value')
})

/** A mount of an orchestrator, and how it is replaced. */
function publish(mount: string, version: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(mount, `..${version}`))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(mount, `..${version}`, name), text)
  symlinkSync(`..${version}`, join(mount, '..data_tmp'))
  renameSync(join(mount, '..data_tmp'), join(mount, '..data'))
}

test('sees what an orchestrator puts in place of a mount', async (t) => {
  const mount = emptyFolder()
  publish(mount, 'v1', { a: 'a-one', b: 'b-one' })
  for (const name of ['a', 'b']) symlinkSync(`..data/${name}`, join(mount, name))
  const { log, status } = bench()
  const pool = new SecretPool({ log, status, clock: systemClock })
  const changed: (readonly string[])[] = []
  pool.listen((names) => changed.push(names))
  const settings = readSecretSettings({ provider: 'file', dir: mount })
  const read = async () => {
    const reading = await pool.open(settings)
    t.teardown(() => reading.close())
    const texts = [(await reading.read('a')).reveal(), (await reading.read('b')).reveal()]
    reading.follow()
    return texts
  }
  t.deepEqual(await read(), ['a-one', 'b-one'])
  for (const [at, [before, version]] of [
    ['v1', 'v2'],
    ['v2', 'v3'],
    ['v3', 'v4'],
  ].entries()) {
    publish(mount, version ?? '', { a: 'a-one', b: `b-${version}` })
    rmSync(join(mount, `..${before}`), { recursive: true })
    await until(() => changed.length > at)
    t.deepEqual(await read(), ['a-one', `b-${version}`])
  }
  t.deepEqual(changed, [['b'], ['b'], ['b']])
})

test('a file that is half there changes nothing', async (t) => {
  const folder = emptyFolder()
  writeFileSync(join(folder, 'a'), 'one-value')
  const { lines, changed, status, timers, pool } = bench()
  const reading = await pool.open(readSecretSettings({ provider: 'file', dir: folder }))
  t.teardown(() => reading.close())
  await reading.read('a')
  reading.follow()
  for (const timer of timers) timer.run()
  writeFileSync(join(folder, 'a'), '')
  const look = () => [...timers].find(({ milliseconds }) => milliseconds <= 1_000)?.run()
  await until(() => {
    look()
    return status.faults.size > 0
  })
  t.regex(lines.at(-1) ?? '', /`a` is empty.*stays in use/)
  writeFileSync(join(folder, 'a'), 'one-value')
  await until(() => {
    look()
    return status.faults.size === 0
  })
  t.deepEqual(changed, [])
})
