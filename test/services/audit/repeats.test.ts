import test from 'ava'
import type { AuditEntry } from '../../../src/core/audit.ts'
import { deny } from '../../../src/core/denial.ts'
import type { Principal } from '../../../src/core/principal.ts'
import { Repeats } from '../../../src/services/audit/repeats.ts'
import { systemClock } from '../../../src/services/clock.ts'
import { exchangeOf } from '../../helpers/exchange.ts'
import { HandClock } from '../../helpers/hand-clock.ts'

const scopeMissing = deny('scope_missing')

interface Refused {
  readonly principal?: Partial<Principal>
  readonly guard?: string
  readonly address?: string
}

function refused({ principal, guard = 'scopes', address = '192.0.2.1' }: Refused = {}) {
  const exchange = exchangeOf({ principal: { id: '', issuer: '', ...principal } })
  exchange.decision.denial = scopeMissing
  exchange.decision.judge = { guard, source: { file: 'orders.yaml', line: 1 } }
  return Object.assign(exchange, { address })
}

function counting() {
  const written: AuditEntry[] = []
  const clock = new HandClock()
  const repeats = new Repeats(clock, (entry) => written.push(entry))
  let described = 0
  const add = (exchange = refused()) =>
    repeats.add(exchange, () => ({
      event: 'access.denied',
      outcome: 'denied',
      address: exchange.address,
      requestId: `r${++described}`,
    }))
  return { written, clock, repeats, add, described: () => described }
}

const isoAt = (passed: number) => new Date(1_700_000_000_000 + passed).toISOString()

test('writes the first at once, and those of the second after it as one record that counts them', (t) => {
  const { written, clock, repeats, add, described } = counting()
  add()
  t.is(written.length, 1)
  t.is(written[0]?.count, undefined)
  clock.pass(100)
  for (let n = 0; n < 50; n++) add()
  t.is(written.length, 1)
  clock.pass(900)
  repeats.sweep()
  t.is(written.length, 2)
  t.like(written[1], { requestId: 'r2', count: 50, since: isoAt(100) })
  t.is(described(), 2)
  repeats.close()
})

test('writes one record a second of a caller that never stops, and loses none of the count', (t) => {
  const { written, clock, repeats, add } = counting()
  for (let n = 0; n < 10_000; n++) {
    add()
    clock.pass(1)
  }
  repeats.close()
  t.is(written.length, 11)
  t.is(
    written.reduce((sum, { count = 1 }) => sum + Number(count), 0),
    10_000,
  )
})

test('writes at once again after a quiet second', (t) => {
  const { written, clock, repeats, add } = counting()
  add()
  clock.pass(1_000)
  add()
  t.is(written.length, 2)
  clock.pass(1_000)
  repeats.sweep()
  add()
  t.is(written.length, 3)
  t.true(written.every(({ count }) => count === undefined))
  repeats.close()
})

test('tells addresses, users, guards and the mode apart', (t) => {
  const { written, repeats, add } = counting()
  const reportOnly = refused()
  reportOnly.decision.denial = undefined
  reportOnly.decision.judge = undefined
  reportOnly.decision.reported.push({
    judge: { guard: 'scopes', source: { file: 'a', line: 1 } },
    denial: scopeMissing,
  })
  const callers = [
    refused(),
    refused({ address: '192.0.2.2' }),
    refused({ principal: { issuer: 'shop', id: 'u1' } }),
    refused({ principal: { issuer: 'other', id: 'u1' } }),
    refused({ guard: 'authorize' }),
    reportOnly,
  ]
  for (const caller of [...callers, ...callers]) add(caller)
  t.is(written.length, callers.length)
  repeats.close()
  t.is(written.length, 2 * callers.length)
})

test('tells routes and methods apart: what is harmless hides no attempt at what is not', (t) => {
  const { written, repeats, add } = counting()
  const at = (method: string, path: string) =>
    Object.assign(refused(), { method, route: { method, path, service: 'shop' } })
  const attempts = [at('GET', '/orders'), at('GET', '/users'), at('HEAD', '/users'), at('DELETE', '/users/:id')]
  for (const attempt of [...attempts, ...attempts]) add(attempt)
  t.is(written.length, attempts.length)
  add(Object.assign(refused(), { method: 'GET' }))
  add(Object.assign(refused(), { method: 'DELETE' }))
  t.is(written.length, attempts.length + 2, 'where no route answers as well')
  repeats.close()
})

test('tells apart what several report-only guards would have refused', (t) => {
  const { written, repeats, add } = counting()
  const reported = (...guards: string[]) => {
    const exchange = refused()
    exchange.decision.denial = undefined
    exchange.decision.judge = undefined
    for (const guard of guards)
      exchange.decision.reported.push({ judge: { guard, source: { file: 'a', line: 1 } }, denial: scopeMissing })
    return exchange
  }
  for (const exchange of [reported('scopes'), reported('scopes', 'authorize'), reported('authorize')]) add(exchange)
  t.is(written.length, 3)
  repeats.close()
})

test('takes the /64 of an IPv6 address for one caller', (t) => {
  const { written, repeats, add } = counting()
  for (let n = 1; n <= 100; n++) add(refused({ address: `2001:db8::${n.toString(16)}` }))
  t.is(written.length, 1)
  add(refused({ address: '2001:db8:0:1::1' }))
  t.is(written.length, 2)
  repeats.close()
})

test('counts those beyond ten thousand callers together, and tells of no caller then', (t) => {
  const { written, repeats, add } = counting()
  const address = (n: number) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`
  for (let n = 0; n < 12_000; n++) add(refused({ address: address(n) }))
  t.is(written.length, 10_001)
  add(refused({ address: address(5) }))
  t.is(written.length, 10_001)
  repeats.close()
  t.is(written.length, 10_003)
  const together = written.find(({ count }) => Number(count) > 1)
  t.like(together, { count: 1_999, address: undefined, requestId: undefined })
})

test('tells guards apart also beyond ten thousand callers', (t) => {
  const { written, repeats, add } = counting()
  for (let n = 0; n < 10_000; n++) add(refused({ address: `10.0.${n >> 8}.${n & 255}` }))
  for (const guard of ['scopes', 'authorize'])
    for (const host of [1, 2]) add(refused({ guard, address: `192.0.2.${host}` }))
  t.is(written.length, 10_002)
  repeats.close()
})

test('keeps no process alive', (t) => {
  const { repeats, add } = counting()
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  const before = timers()
  add()
  t.is(timers(), before)
  repeats.close()
})

test('writes by itself what was counted, once the second is over', async (t) => {
  const done = Promise.withResolvers<AuditEntry>()
  let written = 0
  const repeats = new Repeats(systemClock, (entry) => {
    if (++written === 2) done.resolve(entry)
  })
  const describe = () => ({ event: 'access.denied', outcome: 'denied' }) as const
  const alive = setInterval(() => {}, 1_000)
  t.teardown(() => clearInterval(alive))
  for (let n = 0; n < 3; n++) repeats.add(refused(), describe)
  t.like(await done.promise, { count: 2 })
  repeats.close()
})
