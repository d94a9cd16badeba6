/** The `audit` guard: what a route puts on record, and what waits for it. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { audit } from '../../src/guards/audit/audit.ts'
import type { AuditBlock } from '../../src/guards/audit/audit-block.ts'
import { soundsSecret } from '../../src/guards/audit/secrets-in.ts'
import { auditObserver } from '../../src/services/audit/observe.ts'
import { systemClock } from '../../src/services/clock.ts'
import { sunk } from '../helpers/audit-sink.ts'
import { exchangeOf } from '../helpers/exchange.ts'
import { openGate } from '../helpers/gate.ts'
import { siteOf } from '../helpers/guard-host.ts'

const head = `
roles:
  anonymous:
    - { can: read, subject: Order, when: { state: open } }
settings:
  audit: { events: [order.create] }
`

/** An upstream that counts what reaches it. */
async function upstreamOf(t: ExecutionContext): Promise<{ readonly url: string; readonly calls: string[] }> {
  const calls: string[] = []
  const server = createServer((req, res) => {
    calls.push(`${req.method} ${req.url}`)
    res.end('done')
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls }
}

/** A gate with these routes, whose records go to a sink. */
async function gateOf(t: ExecutionContext, routes: string) {
  const { trail, sink } = sunk()
  const upstream = await upstreamOf(t)
  const observer = auditObserver({ audit: trail, clock: systemClock })
  const text = `${head}upstream: ${upstream.url}\ndefaults:\n  authenticate: public\n  input: { body: any, bodyRequired: false }\nroutes:\n${routes}`
  const gate = await openGate({ 'shop.yaml': text }, { world: { audit: trail }, observers: [observer] })
  t.teardown(async () => {
    observer.close()
    await gate.close()
  })
  return { gate, sink, upstream }
}

const summary = (record: Readonly<Record<string, unknown>> | undefined) => [
  record?.event,
  record?.outcome,
  record?.resource,
  record?.status,
]

test('the intent of what changes something is on record before the destination is called', async (t) => {
  const { gate, sink, upstream } = await gateOf(
    t,
    "  POST /orders/:id: { audit: { action: order.create, resource: 'order/${params.id}', required: true } }\n",
  )
  const { promise, resolve } = Promise.withResolvers<void>()
  sink.gate = promise
  const committing = sink.change()
  const answering = gate.call('POST', '/orders/7')
  await committing
  t.deepEqual(upstream.calls, [])
  resolve()
  t.is((await answering).status, 200)
  t.deepEqual(upstream.calls, ['POST /orders/7'])
  const records = await sink.until(2)
  t.deepEqual(records.map(summary), [
    ['order.create', 'intended', 'order/7', undefined],
    ['order.create', 'allowed', 'order/7', 200],
  ])
})

test('what cannot be put on record is not carried out', async (t) => {
  const { gate, sink, upstream } = await gateOf(t, '  ANY /orders: { audit: { required: true } }\n')
  sink.failing = true
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    const reply = await gate.call(method, '/orders')
    t.is(reply.status, 503, method)
    t.is(reply.headers['retry-after'], '1')
    t.is(JSON.parse(reply.body).code, 'audit_unavailable')
  }
  t.deepEqual(upstream.calls, [])
  sink.failing = false
  t.is((await gate.call('POST', '/orders')).status, 200)
})

test('a read of the same route is put on record once, when its answer is known', async (t) => {
  const { gate, sink } = await gateOf(t, '  ANY /orders: { audit: { required: true } }\n')
  t.is((await gate.call('GET', '/orders')).status, 200)
  t.is((await gate.call('HEAD', '/orders')).status, 200)
  const records = await sink.until(2)
  t.deepEqual(records.map(summary), [
    ['data.read', 'allowed', undefined, 200],
    ['data.read', 'allowed', undefined, 200],
  ])
})

test('a request that another guard refuses has no intent', async (t) => {
  const { gate, sink, upstream } = await gateOf(
    t,
    '  DELETE /orders/:state: { authorize: { action: read, subject: Order, resource: { state: "${params.state}" } }, audit: { required: true } }\n',
  )
  t.is((await gate.call('DELETE', '/orders/paid')).status, 403)
  t.deepEqual((await sink.until(1)).map(summary), [['access.denied', 'denied', undefined, 403]])
  t.deepEqual(upstream.calls, [])
})

test('`off` keeps nothing of a route, also in place of an inherited block', async (t) => {
  const { gate, sink } = await gateOf(
    t,
    '  DELETE /quiet: { audit: off, because: a trial }\n  DELETE /orders: { audit: { details: { kind: order } } }\n',
  )
  t.is((await gate.call('DELETE', '/quiet')).status, 200)
  t.is((await gate.call('DELETE', '/orders')).status, 200)
  const [record] = await sink.until(1)
  t.deepEqual([record?.route, record?.details], ['DELETE /orders', { kind: 'order' }])
})

const planOf = async (block: AuditBlock, method = 'ANY') =>
  audit.compile(block, siteOf({ method }), { audit: sunk().trail } as never)

test('only methods that change something wait for a gate', async (t) => {
  const gatesOf = async (block: AuditBlock, method?: string) =>
    ((await planOf(block, method)).steps ?? []).map(({ gate }) => gate)
  t.deepEqual(await gatesOf({ required: true }), ['audit'])
  t.deepEqual(await gatesOf({ required: true }, 'POST'), ['audit'])
  t.deepEqual(await gatesOf({ required: true }, 'GET'), [])
  t.deepEqual(await gatesOf({ action: 'data.update' }, 'POST'), [])
  t.deepEqual(await gatesOf('off', 'POST'), [])
})

test('reads expressions and values, and leaves out what has no value', async (t) => {
  const plan = await planOf({
    resource: 'order/${params.id} of ${user.id}',
    details: {
      kind: 'order',
      count: 2,
      first: true,
      id: '${params.id}',
      state: '${resource.state}',
      gone: '${query.q}',
    },
  })
  const exchange = exchangeOf({ input: { params: { id: 7 } }, resource: { state: ['new', 'paid'] } })
  t.is(plan.audit?.resource?.(exchange), 'order/7 of u1')
  t.deepEqual(
    plan.audit?.details.map(({ name, read }) => [name, read(exchange)]),
    [
      ['kind', 'order'],
      ['count', 2],
      ['first', true],
      ['id', 7],
      ['state', ['new', 'paid']],
      ['gone', undefined],
    ],
  )
})

const secrets = [
  'password',
  'newPassword',
  'new_password',
  'passwordHash',
  'userPasswd',
  'pwd',
  'secret',
  'client-secret',
  'token',
  'resetToken',
  'APIKey',
  'apikey',
  'private_key',
  'otp',
  'pin',
  'cvv',
  'cvv2',
  'cardNumber',
  'creditCardNumber',
  'pan',
  'recoveryCodes',
  'passwords',
  'password2',
  'securityCode',
] as const
const plain = [
  'passwordChangedAt',
  'tokenCount',
  'pinned',
  'spin',
  'shipping',
  'japan',
  'option',
  'number',
  'code',
  'secretary',
  'key',
  'company',
  'zip',
] as const

for (const name of secrets) {
  test(`takes \`${name}\` for a secret by its name`, (t) =>
    t.true(soundsSecret({ root: 'body', names: ['form', name] })))
}
for (const name of plain) {
  test(`takes \`${name}\` for no secret`, (t) => t.false(soundsSecret({ root: 'body', names: [name] })))
}

test('the id of the caller is no secret, whatever its issuer is called', (t) => {
  t.false(soundsSecret({ root: 'user', names: ['id'] }))
  t.true(soundsSecret({ root: 'user', names: ['claims', 'refresh_token'] }))
  t.true(soundsSecret({ root: 'body', names: ['card', 'number'] }))
})
