/** `serve --workers`: several processes behind one port that are one server to whoever looks from outside. */

import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import test from 'ava'
import { runCommand } from '../helpers/command.ts'
import { type Answer, call, Load, settings, startCounting, startCrew, token } from '../helpers/crew.ts'
import { freePort } from '../helpers/free-port.ts'
import { emptyFolder, writePolicies } from '../helpers/gate.ts'
import { HeldServer } from '../helpers/held-server.ts'
import { until } from '../helpers/until.ts'

const defaults = 'defaults: { authenticate: public }\n'
const pid = { 'pid.js': 'export const tell = (ctx) => { ctx.body = String(process.pid) }\n' }
const isAlive = (process_: number): boolean => existsSync(`/proc/${process_}`)
const statuses = (answers: readonly Answer[], status: number) =>
  answers.filter((answer) => answer.status === status).length

test.serial('limits are exact over all workers, counted at the upstream', async (t) => {
  t.timeout(300_000)
  const upstream = await startCounting(t)
  const crew = await startCrew(t, {
    ...pid,
    'a.yaml': `${settings}${defaults}routes:
  GET /pid: { handler: ./pid.js#tell }
  GET /window:
    rateLimit: [{ name: all, by: all, limit: 100, per: 1d, algorithm: sliding-window }]
    upstream: ${upstream.url}
  GET /bucket:
    rateLimit: [{ name: all, by: all, limit: 100, per: 1d }, { name: each, by: ip, limit: 1000, per: 1d }]
    upstream: ${upstream.url}
`,
  })
  for (const path of ['/window', '/bucket']) {
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => call(`${crew.url}${path}`)))
    t.is(statuses(answers, 200), 100, path)
    t.is(statuses(answers, 429), 900, path)
    t.is(upstream.of(path), 100)
  }
  const served = await Promise.all(Array.from({ length: 40 }, () => call(`${crew.url}/pid`)))
  t.is(new Set(served.map(({ body }) => body)).size, 4)
  t.false(served.some(({ body }) => body === String(crew.child.pid)))
})

test.serial(
  'slots are those of the node: as many run at once as the policy says, and those of a dead worker are free again',
  async (t) => {
    t.timeout(300_000)
    const upstream = await HeldServer.start(t)
    const crew = await startCrew(t, {
      'a.yaml': `${settings}${defaults}routes:
  GET /: { concurrency: { max: 3, queue: 2, wait: 60s }, upstream: '${upstream.url}' }
`,
    })
    const outcomes: string[] = []
    for (let calls = 0; calls < 20; calls++)
      void call(`${crew.url}/`).then(
        ({ status }) => outcomes.push(`${status}`),
        (error) => outcomes.push(String(error)),
      )
    await until(() => upstream.held.length === 3 && outcomes.length === 15)
    t.deepEqual([...new Set(outcomes)], ['503'])
    for (let ended = 0; ended < 5; ended++) await upstream.answer()
    await until(() => outcomes.length === 20)
    t.deepEqual(outcomes.slice(15), Array(5).fill('200'))
    t.is(upstream.most, 3)
    const second = Array.from({ length: 3 }, () => call(`${crew.url}/`).catch(() => undefined))
    await until(() => upstream.held.length === 3)
    for (const each of await crew.pids()) process.kill(each, 'SIGKILL')
    await Promise.all(second)
    await until(() => upstream.held.length === 0)
    upstream.delay = 1
    let status: number | undefined
    // Until the first of the new workers listens.
    while (status === undefined) status = (await call(`${crew.url}/`).catch(() => undefined))?.status
    t.is(status, 200)
  },
)

test.serial('a worker that is killed is replaced, the others serve on, and no limit is exceeded', async (t) => {
  t.timeout(300_000)
  const upstream = await startCounting(t)
  const crew = await startCrew(t, {
    'a.yaml': `${settings}${defaults}routes:
  GET /free: { upstream: '${upstream.url}' }
  GET /limited:
    rateLimit: [{ name: all, by: all, limit: 500, per: 1d, algorithm: sliding-window }]
    upstream: ${upstream.url}
`,
  })
  const [first = 0, second = 0] = await crew.pids()
  const load = new Load(`${crew.url}/free`)
  const limited = new Load(`${crew.url}/limited`, 6)
  for (const victim of [first, second]) {
    const before = load.count('200')
    process.kill(victim, 'SIGKILL')
    await crew.says((line) => line.pid === victim && line.signal === 'SIGKILL')
    await until(() => load.count('200') > before + 200)
  }
  let pids = await crew.pids()
  while (pids.length < 4) pids = await crew.pids()
  t.false(pids.includes(first) || pids.includes(second))
  await until(() => limited.count('429') > 50)
  await Promise.all([load.end(), limited.end()])
  t.true(upstream.of('/limited') <= 500)
  // What the dead ones had counted, and not yet sent on, is lost with them, and nothing else.
  t.true(upstream.of('/limited') >= 500 - 12, `${upstream.of('/limited')}`)
  t.deepEqual(
    [...load.outcomes.keys()].filter((outcome) => outcome !== '200' && outcome !== 'ECONNRESET'),
    [],
  )
  t.true(load.count('ECONNRESET') <= 24, `${load.count('ECONNRESET')} calls were lost`)
  t.is((await crew.ready()).status, 'ready')
})

test.serial('all workers reload at once, by every way, and no request is lost', async (t) => {
  t.timeout(300_000)
  const policies = (version: string, access = 'public') => `${settings}defaults: { authenticate: ${access} }
routes:
  GET /: { reply: { body: ${version} } }
  GET /metrics: { builtin: metrics }
`
  const crew = await startCrew(t, { 'a.yaml': policies('one') }, { args: ['--workers', '3', '--watch'] })
  const write = (text: string) => writeFileSync(join(crew.directory, 'a.yaml'), text)
  const load = new Load(`${crew.url}/`)
  const bodies = async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => call(`${crew.url}/`)))
    return [...new Set(answers.map(({ body }) => body))]
  }
  const reloaded = () => crew.logged().filter(({ msg }) => msg === 'policies reloaded').length

  write(policies('two'))
  await until(() => reloaded() === 1)
  t.deepEqual(await bodies(), ['two'])
  write(policies('three'))
  const { result } = JSON.parse((await crew.admin('POST', '/reload')).body)
  t.true(result === 'reloaded' || result === 'unchanged', result)
  t.deepEqual(await bodies(), ['three'])
  await until(() => reloaded() === 2)
  crew.child.kill('SIGHUP')
  await crew.says(({ msg }) => String(msg).startsWith('policies unchanged'))

  write(policies('four', 'publik'))
  const refused = await crew.admin('POST', '/reload')
  t.is(refused.status, 422)
  t.regex(JSON.parse(refused.body).diagnostics[0].message, /publik/)
  t.deepEqual(await bodies(), ['three'])
  t.like(await crew.ready(), { status: 'degraded', faults: { policies: 'the policies could not be loaded anew' } })
  write(policies('five'))
  await crew.admin('POST', '/reload')
  t.deepEqual(await bodies(), ['five'])
  const { workers, policy, status } = await crew.ready()
  t.is(status, 'ready')
  t.deepEqual(
    workers.map(({ digest }) => digest),
    Array(3).fill(policy.digest),
  )

  await load.end()
  t.deepEqual([...load.outcomes.keys()], ['200'])
  t.deepEqual(
    [...load.bodies].filter((body) => !['one', 'two', 'three', 'five'].includes(body)),
    [],
  )
  const metrics = (await call(`${crew.url}/metrics`)).body
  t.regex(metrics, /portcullis_policy_reloads_total\{result="success"\} 3\n/)
})

test.serial('the diagnostics of a broken policy are in the log once', async (t) => {
  t.timeout(300_000)
  const crew = await startCrew(t, { 'a.yaml': `${settings}${defaults}routes:\n  GET /: { reply: { body: ok } }\n` })
  writeFileSync(
    join(crew.directory, 'a.yaml'),
    `${settings}routes:\n  GET /: { authenticate: publik, reply: { body: ok } }\n`,
  )
  crew.child.kill('SIGHUP')
  await crew.says(({ msg }) => String(msg).startsWith('policies refused'))
  await crew.ready()
  t.is(crew.logged().filter(({ msg }) => String(msg).includes('publik')).length, 1)
  t.is(crew.logged().filter(({ msg }) => String(msg).startsWith('policies refused')).length, 1)
  const [victim = 0] = await crew.pids()
  process.kill(victim, 'SIGKILL')
  await until(() => crew.logged().filter(({ msg }) => String(msg).startsWith('a worker could not start')).length >= 3)
  t.is(crew.logged().filter(({ msg }) => String(msg).includes('publik')).length, 2)
  const pauses = crew
    .logged()
    .filter(({ msg }) => String(msg).startsWith('a worker could not start'))
    .map((line) => line.pause as number)
  t.true((pauses[1] ?? 0) > (pauses[0] ?? 0) && (pauses[2] ?? 0) > (pauses[1] ?? 0), pauses.join())
  t.is((await call(`${crew.url}/`)).status, 200)
  t.is((await crew.ready()).status, 'degraded')
  writeFileSync(join(crew.directory, 'a.yaml'), `${settings}${defaults}routes:\n  GET /: { reply: { body: mended } }\n`)
  t.is((await crew.admin('POST', '/reload')).status, 200)
  let pids = await crew.pids()
  while (pids.length < 4) pids = await crew.pids()
  t.is((await crew.ready()).status, 'ready')
  t.is((await call(`${crew.url}/`)).body, 'mended')
})

test.serial('SIGTERM under load loses no answer, and ends with status 0', async (t) => {
  t.timeout(300_000)
  const upstream = await startCounting(t, 20)
  const crew = await startCrew(t, {
    'a.yaml': `settings:
  admin: { port: 0, token: '\${secret:admin}' }
  shutdown: { delay: 1s, grace: 60s }
${defaults}routes:
  GET /: { upstream: '${upstream.url}' }
`,
  })
  const pids = await crew.pids()
  const load = new Load(`${crew.url}/`, 24)
  await until(() => load.count('200') > 300)
  const ended = crew.end('SIGTERM')
  await crew.says(({ msg }) => String(msg).startsWith('draining'))
  await load.leave()
  t.is((await ended).code, 0)
  t.deepEqual([...load.outcomes.keys()], ['200'])
  t.is(load.count('200'), upstream.of('/'))
  t.deepEqual(pids.filter(isAlive), [])
  t.is(crew.logged().filter(({ msg }) => String(msg).startsWith('draining')).length, 1)
  t.is(crew.logged().filter(({ msg }) => msg === 'drained').length, 1)
})

test.serial('a second signal ends all at once', async (t) => {
  t.timeout(300_000)
  const upstream = await HeldServer.start(t)
  const crew = await startCrew(t, {
    'a.yaml': `${settings}${defaults}routes:\n  GET /: { upstream: '${upstream.url}' }\n`,
  })
  const pids = await crew.pids()
  const held = t.throwsAsync(call(`${crew.url}/`))
  await until(() => upstream.held.length === 1)
  crew.child.kill('SIGTERM')
  await crew.says(({ msg }) => String(msg).startsWith('draining'))
  t.is((await crew.end('SIGTERM')).code, 1)
  await held
  await until(() => !pids.some(isAlive))
  t.pass()
})

test.serial('workers whose primary is killed answer what they have begun, and end', async (t) => {
  t.timeout(300_000)
  const upstream = await HeldServer.start(t)
  const crew = await startCrew(t, {
    'a.yaml': `${settings}${defaults}routes:\n  GET /: { upstream: '${upstream.url}' }\n`,
  })
  const pids = await crew.pids()
  const calls = Array.from({ length: 8 }, () => call(`${crew.url}/`))
  await until(() => upstream.held.length === 8)
  crew.child.kill('SIGKILL')
  await once(crew.child, 'exit')
  for (let ended = 0; ended < 8; ended++) await upstream.answer()
  t.is(statuses(await Promise.all(calls), 200), 8)
  await until(() => !pids.some(isAlive))
  t.pass()
})

test.serial('metrics are those of all workers, whoever answers, and no total shrinks with a worker', async (t) => {
  t.timeout(300_000)
  const crew = await startCrew(t, {
    'a.yaml': `${settings}${defaults}routes:
  GET /: { reply: { body: ok } }
  GET /metrics: { builtin: metrics }
`,
  })
  const total = (text: string) => Number(/portcullis_requests_total\{route="GET \/",[^}]*\} (\d+)/.exec(text)?.[1])
  await Promise.all(Array.from({ length: 100 }, () => call(`${crew.url}/`)))
  const texts = await Promise.all(Array.from({ length: 8 }, async () => (await call(`${crew.url}/metrics`)).body))
  t.deepEqual(texts.map(total), Array(8).fill(100))
  t.is(total((await crew.admin('GET', '/metrics')).body), 100)
  t.is(texts[0]?.match(/^# TYPE portcullis_requests_total /gm)?.length, 1)
  const [victim = 0] = await crew.pids()
  process.kill(victim, 'SIGKILL')
  await crew.says((line) => line.pid === victim)
  t.is(total((await crew.admin('GET', '/metrics')).body), 100)
  await call(`${crew.url}/`)
  t.is(total((await call(`${crew.url}/metrics`)).body), 101)
})

test.serial(
  'each worker keeps a log, all of them hold, and a new worker goes on with that of a dead one',
  async (t) => {
    t.timeout(300_000)
    const cwd = emptyFolder()
    const crew = await startCrew(
      t,
      { 'a.yaml': `${settings}${defaults}routes:\n  GET /: { audit: { required: true }, reply: { body: ok } }\n` },
      { cwd },
    )
    await Promise.all(Array.from({ length: 100 }, () => call(`${crew.url}/`)))
    const [victim = 0] = await crew.pids()
    process.kill(victim, 'SIGKILL')
    await crew.says((line) => line.pid === victim)
    let pids = await crew.pids()
    while (pids.length < 4) pids = await crew.pids()
    await Promise.all(Array.from({ length: 100 }, () => call(`${crew.url}/`)))
    t.is((await crew.end('SIGTERM')).code, 0)
    const { code, stdout, stderr } = await runCommand(['audit', 'verify', '--format', 'json'], { cwd })
    // Nothing says from elsewhere where the logs end; nothing else is to be said against them.
    t.is(code, 3, `${stdout}${stderr}`)
    const { logs } = JSON.parse(stdout) as { logs: { verdict: string; reason: string; records: number }[] }
    t.is(logs.length, 4)
    for (const { verdict, reason } of logs)
      t.is(`${verdict}: ${reason}`, 'unproven: no head from elsewhere says where it ends')
    t.true(logs.reduce((sum, { records }) => sum + records, 0) >= 200)
  },
)

test.serial('what keeps one process from starting keeps all, told once, with the same status', async (t) => {
  t.timeout(300_000)
  const good = writePolicies({ 'a.yaml': `${defaults}routes:\n  GET /: { reply: { body: ok } }\n` })
  const bad = writePolicies({ 'a.yaml': 'routes:\n  GET /: { authenticate: publik, reply: { body: ok } }\n' })
  const port = await freePort()
  const taken = await startCrew(t, { 'a.yaml': `${settings}${defaults}routes:\n  GET /: { reply: { body: ok } }\n` })
  const takenPort = new URL(taken.url).port
  const cases: readonly (readonly [readonly string[], number])[] = [
    [[bad], 1],
    [[join(good, 'none')], 2],
    [[good, '--port', takenPort], 3],
    [[good, '--values', join(good, 'none.yaml')], 2],
  ]
  for (const [args, status] of cases) {
    const alone = await runCommand(['serve', '--port', `${port}`, ...args])
    const crewed = await runCommand(['serve', '--port', `${port}`, ...args, '--workers', '3'])
    t.is(alone.code, status)
    t.is(crewed.code, status)
    t.is(crewed.stderr, alone.stderr)
  }
  const admin = `settings: { admin: { port: ${takenPort}, token: '\${secret:admin}' } }\n${defaults}routes:\n  GET /: { reply: { body: ok } }\n`
  const env = { PORTCULLIS_SECRET_ADMIN: token }
  const blocked = await runCommand(['serve', writePolicies({ 'a.yaml': admin }), '--port', '0', '--workers', '2'], {
    env,
  })
  t.is(blocked.code, 3)
  t.regex(blocked.stderr, /port `\d+` is in use; stop the other server or write another `settings.admin.port`/)
  // As under pm2.
  const nested = await runCommand(['serve', good, '--port', '0', '--workers', '2'], { env: { NODE_UNIQUE_ID: '1' } })
  t.is(nested.code, 3)
  t.regex(nested.stderr, /no workers of a worker/)
  for (const workers of ['0', '-1', '1.5', 'all', '', '5000'])
    t.is((await runCommand(['serve', good, `--workers=${workers}`])).code, 2, workers)
})

test.serial('says once that it started, with the number of workers', async (t) => {
  t.timeout(300_000)
  const crew = await startCrew(t, { 'a.yaml': `${settings}${defaults}routes:\n  GET /: { reply: { body: ok } }\n` })
  await crew.ready()
  await delay(100)
  const told = crew.logged().filter(({ url }) => url)
  t.is(told.length, 1)
  t.like(told[0], { workers: 4, routes: 1, url: crew.url })
})

test.serial('lines of workers are whole, however long', async (t) => {
  t.timeout(300_000)
  const crew = await startCrew(
    t,
    { 'a.yaml': `${settings}${defaults}routes:\n  GET /*rest: { reply: { body: ok } }\n` },
    { args: ['--workers', '4', '--log-level', 'debug'] },
  )
  const load = new Load(`${crew.url}/${'x'.repeat(2_000)}`, 24)
  await until(() => load.calls > 2_000)
  await load.end()
  t.is((await crew.end('SIGTERM')).code, 0)
  const told = crew.logged().filter(({ path, route }) => path ?? route)
  t.true(told.length >= load.calls)
})

test.serial('a worker that hangs is told of, killed and replaced, and holds up no end', async (t) => {
  t.timeout(300_000)
  const crew = await startCrew(t, {
    'a.yaml': `settings:
  admin: { port: 0, token: '\${secret:admin}' }
  shutdown: { grace: 1s }
${defaults}routes:
  GET /: { reply: { body: ok } }
`,
  })
  const [hanging = 0] = await crew.pids()
  process.kill(hanging, 'SIGSTOP')
  const { status, workers } = await crew.ready()
  t.is(status, 'degraded')
  t.is(workers.find(({ pid: each }) => each === hanging)?.status, 'silent')
  t.is((await crew.admin('GET', '/metrics')).status, 200)
  await crew.says((line) => line.pid === hanging && line.signal === 'SIGKILL')
  let pids = await crew.pids()
  while (pids.length < 4) pids = await crew.pids()
  t.is((await crew.ready()).status, 'ready')
  process.kill(pids[0] ?? 0, 'SIGSTOP')
  t.is((await crew.end('SIGTERM')).code, 1)
})
