import test from 'ava'
import type { AuditPlan } from '../../../src/core/audit.ts'
import { deny } from '../../../src/core/denial.ts'
import type { Exchange } from '../../../src/core/exchange.ts'
import { entryOf, intentOf } from '../../../src/services/audit/entry.ts'
import { pseudonym } from '../../helpers/audit-sink.ts'
import { exchangeOf } from '../../helpers/exchange.ts'

const source = { file: 'orders.yaml', line: 7 }
const judge = { guard: 'scopes', source: { file: 'orders.yaml', line: 9 } }

const plan = (parts: Partial<AuditPlan> = {}): AuditPlan => ({
  kept: true,
  action: undefined,
  required: false,
  resource: undefined,
  details: [],
  pseudonyms: new Set(),
  source,
  ...parts,
})

/** A request that every guard has allowed. */
function allowed(parts: Partial<Exchange> = {}): Exchange {
  const exchange = exchangeOf()
  const facts = { service: 'orders', params: [], reportOnly: [], prefix: '', cost: 1, source }
  exchange.route = { ...facts, method: 'ANY', path: '/orders/*rest' }
  return Object.assign(exchange, { audit: plan(), ...parts })
}

const written = (exchange: Exchange) => JSON.parse(JSON.stringify(entryOf(exchange, { status: 200 }, pseudonym)))

test('names an allowed request by its method, unless the route names an action', (t) => {
  const events = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'PURGE'].map(
    (method) => written(allowed({ method })).event,
  )
  t.deepEqual(events, [
    ...['data.read', 'data.read', 'data.create', 'data.update', 'data.update', 'data.delete', 'data.update'],
  ])
  t.like(written(allowed({ audit: plan({ action: 'order.read' }) })), { event: 'order.read', action: 'order.read' })
})

test('says of an intent neither status nor duration', (t) => {
  const { outcome, status, milliseconds } = intentOf(allowed({ method: 'POST' }), pseudonym)
  t.deepEqual([outcome, status, milliseconds], ['intended', undefined, undefined])
})

test('never says allowed of a request that a guard has not judged yet', (t) => {
  const exchange = allowed()
  exchange.decision.judges = [judge]
  t.is(written(exchange).outcome, 'failed')
  exchange.decision.passed = 1
  t.is(written(exchange).outcome, 'allowed')
})

test('tells a guard that fails from a destination that fails', (t) => {
  const exchange = allowed()
  exchange.decision.denial = deny('internal_error')
  t.like(written(exchange), { event: 'data.read', outcome: 'failed' })
  exchange.decision.judges = [judge]
  exchange.decision.judge = judge
  t.like(written(exchange), { event: 'access.denied', outcome: 'denied', source: 'orders.yaml:9' })
})

test('leaves the principal out where nobody is known', (t) => {
  const exchange = allowed()
  exchange.principal = { ...exchange.principal, issuer: '', id: '' }
  t.false('principal' in written(exchange))
})

test('cuts whatever a client can make long, and writes well-formed Unicode alone', (t) => {
  const long = `\ud800${'x'.repeat(100_000)}`
  const exchange = allowed({
    method: 'M'.repeat(1_000),
    audit: plan({ resource: () => long, details: [{ name: 'n', read: () => [long] }] }),
  })
  exchange.principal = { ...exchange.principal, issuer: long, id: long }
  exchange.decision.denial = deny('forbidden', { cause: long })
  for (let n = 0; n < 100; n++) exchange.decision.reported.push({ judge, denial: deny('forbidden') })
  const text = JSON.stringify(entryOf(exchange, { status: 403 }, pseudonym))
  t.true(text.length < 4_000, `${text.length}`)
  t.false(/\\ud[89a-f]/i.test(text))
  t.is(JSON.parse(text).reported.length, 16)
})

test('tells a cause that was sent to the client, unless it is the text of the catalogue, or that of the destination', (t) => {
  const exchange = allowed()
  exchange.decision.denial = deny('request_malformed', { message: 'two Host headers' })
  t.is(written(exchange).cause, undefined)
  exchange.decision.judges = [judge]
  t.is(written(exchange).cause, 'two Host headers')
  exchange.decision.denial = deny('forbidden')
  t.is(written(exchange).cause, undefined)
})

test('makes a pseudonym of each listed member, numbers and lists included, and of the whole text', (t) => {
  const long = 'x'.repeat(1_000)
  const details = [
    { name: 'phone', read: () => 491_234 },
    { name: 'mails', read: () => ['a@b.example', long] },
    { name: 'plain', read: () => 'plain' },
  ]
  const pseudonyms = new Set(['resource', 'details.phone', 'details.mails', 'user.id'])
  const record = written(allowed({ audit: plan({ resource: () => 'r', details, pseudonyms }) }))
  t.deepEqual(record.details, {
    phone: pseudonym('details.phone', '491234'),
    mails: [pseudonym('details.mails', 'a@b.example'), pseudonym('details.mails', long)],
    plain: 'plain',
  })
  t.is(record.resource, pseudonym('resource', 'r'))
  t.deepEqual(record.principal, { issuer: 'shop', id: pseudonym('user.id', 'shop\0u1') })
  t.is(record.address, '192.0.2.1')
})

test('gives the same name of another issuer another pseudonym', (t) => {
  const audit = plan({ pseudonyms: new Set(['user.id']) })
  const [here, there] = ['shop', 'away'].map((issuer) => {
    const exchange = allowed({ audit })
    exchange.principal = { ...exchange.principal, issuer }
    return written(exchange).principal.id
  })
  t.not(here, there)
})

test('writes the record of what throws when it is read', (t) => {
  const broken = () => {
    throw new Error('a getter of a loader')
  }
  const audit = plan({
    resource: broken,
    details: [
      { name: 'a', read: broken },
      { name: 'b', read: () => 'b' },
    ],
  })
  const record = written(allowed({ audit }))
  t.false('resource' in record)
  t.deepEqual(record.details, { b: 'b' })
})

test('leaves out details that have no value', (t) => {
  const none = { name: 'a', read: () => undefined }
  const some = { name: 'b', read: () => 'b' }
  t.false('details' in written(allowed({ audit: plan({ details: [none] }) })))
  t.deepEqual(written(allowed({ audit: plan({ details: [none, some] }) })).details, { b: 'b' })
})

test('takes `__proto__` for a name like any other', (t) => {
  const details = [{ name: '__proto__', read: () => 'x' }]
  t.true(JSON.stringify(entryOf(allowed({ audit: plan({ details }) }), {}, pseudonym)).includes('"__proto__":"x"'))
})
