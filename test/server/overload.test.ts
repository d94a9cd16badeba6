/** More requests than the server bears, over real HTTP: what is refused, what is answered all the same, and what is said. */

import { writeFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { Denial } from '../../src/core/denial.ts'
import { readLimitSettings } from '../../src/policy/limit-settings.ts'
import { Overload } from '../../src/server/overload.ts'
import { auditObserver } from '../../src/services/audit/observe.ts'
import { systemClock } from '../../src/services/clock.ts'
import { createLog } from '../../src/services/log.ts'
import { createWorld } from '../../src/services/world.ts'
import { type AuditSink, sunk } from '../helpers/audit-sink.ts'
import { exchangeOf } from '../helpers/exchange.ts'
import { type Gate, openGate } from '../helpers/gate.ts'
import { until } from '../helpers/until.ts'

const files = (limits: string) => ({
  'a.yaml': `settings: { limits: ${limits} }
service: s
routes:
  GET /held: { authenticate: public, cors: { origins: [https://app.example] }, handler: ./held.js#held }
  GET /plain: { authenticate: public, reply: { body: ok } }
  POST /limited: { authenticate: public, rateLimit: [{ by: ip, limit: 9, per: 1m }], reply: { body: ok } }
  GET /health: { authenticate: public, builtin: health }
  GET /ready: { authenticate: public, builtin: ready }
  GET /metrics: { authenticate: public, builtin: metrics }
  GET /openapi.json: { authenticate: public, builtin: openapi }
`,
  'held.js': `
    const waiting = (globalThis.heldRequests ??= [])
    export const held = (ctx) => new Promise((go) => waiting.push(go)).then(() => { ctx.body = 'held' })
  `,
})

const held = globalThis as unknown as { heldRequests?: (() => void)[] }
function letGo(): void {
  for (const go of held.heldRequests?.splice(0) ?? []) go()
}

interface Opened {
  readonly gate: Gate
  readonly lines: readonly Readonly<Record<string, unknown>>[]
  readonly sink: AuditSink
}

async function open(t: ExecutionContext, limits: string): Promise<Opened> {
  const lines: Readonly<Record<string, unknown>>[] = []
  const world = createWorld(
    createLog({ pretty: false, destination: { write: (line) => void lines.push(JSON.parse(line)) } }),
  )
  world.status.open()
  const { trail, sink } = sunk()
  const recorder = auditObserver({ audit: trail, clock: systemClock })
  const gate = await openGate(files(limits), {
    world: { ...world, audit: trail },
    admission: new Overload(world),
    observers: [recorder],
  })
  t.teardown(async () => {
    recorder.close()
    letGo()
    await gate.close()
  })
  return { gate, lines, sink }
}

function burn(milliseconds: number): void {
  const until = performance.now() + milliseconds
  while (performance.now() < until);
}

const sample = (text: string, name: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length),
  )

test.serial('refuses requests beyond `requests`, and still says how it is', async (t) => {
  const { gate, lines, sink } = await open(t, '{ requests: 2 }')
  const running = [gate.call('GET', '/held'), gate.call('GET', '/held')]
  await until(() => held.heldRequests?.length === 2)
  const headers = { origin: 'https://app.example' }
  for (const path of ['/held', '/plain', '/openapi.json']) {
    const answer = await gate.call('GET', path, { headers })
    t.is(answer.status, 503)
    t.is(JSON.parse(answer.body).code, 'overloaded')
    t.is(answer.headers['retry-after'], '1')
    if (path === '/held') t.is(answer.headers['access-control-allow-origin'], 'https://app.example')
  }
  const refused = await gate.call('POST', '/limited')
  t.is(refused.status, 503)
  t.false('x-ratelimit-remaining' in refused.headers, 'no guard has worked for it')
  const record = (await sink.until(4)).find(({ route }) => route === 'POST /limited')
  t.like(record, { event: 'access.denied', outcome: 'denied', reason: 'overloaded' })
  t.is((await gate.call('GET', '/health')).status, 200)
  t.is((await gate.call('GET', '/none')).status, 404)
  t.deepEqual(JSON.parse((await gate.call('GET', '/ready')).body), { status: 'degraded', failing: ['load'] })
  t.is(sample((await gate.call('GET', '/metrics')).body, 'portcullis_shed_total{reason="requests"}'), 4)
  letGo()
  for (const { status } of await Promise.all(running)) t.is(status, 200)
  t.is((await gate.call('GET', '/plain')).status, 200)
  await until(async () => JSON.parse((await gate.call('GET', '/ready')).body).status === 'ready')
  t.deepEqual(
    lines.filter(({ level }) => level !== 'debug').map(({ msg }) => msg),
    ['requests are refused: `settings.limits.requests` is reached', 'no more requests are refused for overload'],
  )
  t.is(lines.at(-1)?.refused, 4)
})

test.serial('takes another limit at a reload', async (t) => {
  const { gate } = await open(t, '{ requests: 1 }')
  const running = gate.call('GET', '/held')
  await until(() => held.heldRequests?.length === 1)
  t.is((await gate.call('GET', '/plain')).status, 503)
  writeFileSync(`${gate.directory}/a.yaml`, files('{ requests: 5 }')['a.yaml'])
  await gate.reload()
  t.is((await gate.call('GET', '/plain')).status, 200)
  letGo()
  t.is((await running).status, 200)
})

test.serial('takes each request back, however it ends', async (t) => {
  const { gate } = await open(t, '{ requests: 2 }')
  for (let round = 0; round < 3; round++) {
    const aborted = new AbortController()
    const gone = [1, 2].map(() => fetch(`${gate.url}/held`, { signal: aborted.signal }))
    await until(() => held.heldRequests?.length === 2)
    t.is((await gate.call('GET', '/plain')).status, 503)
    aborted.abort()
    await Promise.allSettled(gone)
    await until(async () => (await gate.call('GET', '/plain')).status === 200)
    letGo()
  }
})

test.serial('begins nothing for a client that went away while it waited', async (t) => {
  const overload = new Overload(createWorld(createLog({ pretty: false, level: 'error' })))
  const limits = readLimitSettings()
  t.is(overload.admit(exchangeOf({}), limits), undefined)
  burn(30)
  const [gone, there] = [exchangeOf({}), exchangeOf({})]
  const verdicts = [overload.admit(gone, limits), overload.admit(there, limits)]
  t.true(verdicts.every((verdict) => verdict instanceof Promise))
  Object.defineProperty(gone.ctx.res, 'destroyed', { value: true })
  const [first, second] = await Promise.all(verdicts)
  t.is(first?.code, 'overloaded')
  t.is(second, undefined)
})

test.serial('refuses what would wait too long only where the queue has long not been empty', async (t) => {
  const overload = new Overload(createWorld(createLog({ pretty: false, level: 'error' })))
  const [limits, longest] = [readLimitSettings(), 3_600_000]
  const admit = (eventLoopDelay: number) => overload.admit(exchangeOf({}), { ...limits, eventLoopDelay })
  overload.admit(exchangeOf({}), limits)
  burn(30)
  const since = performance.now()
  for (let count = 0; count < 1_000; count++) void Promise.resolve(admit(longest)).then(() => burn(4))
  for (let turns = 0; turns < 12; turns++) await turn()
  const busy = performance.now() - since
  t.true(admit(busy) instanceof Promise, 'many times as much work, but not for long')
  const refused = admit(busy / 4)
  t.true(refused instanceof Denial)
  t.regex((refused as Denial).cause ?? '', /eventLoopDelay/)
})
